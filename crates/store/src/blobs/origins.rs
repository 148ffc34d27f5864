//! Whose bytes a blob holds. Whoever can name bytes does not have them: an artifact's own source has to
//! have given them, or that of an artifact which is open to everybody.

use weighbridge_domain::Digest;

use crate::db::{Number, args};
use crate::{Queries, StoreError, WriteTx};

impl Queries {
    /// Whether an artifact may have the bytes of a blob without asking its source for them.
    pub async fn is_blob_open_to(
        &mut self,
        digest: Digest,
        artifact_id: &str,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            SELECT COUNT(*) AS number
            FROM blob_origin
            JOIN artifact ON artifact.id = blob_origin.artifact_id
            WHERE blob_origin.digest = $1
                AND (blob_origin.artifact_id = $2 OR artifact.restricted = 0)";
        let found: Number = self.db.fetch_one(SQL, args![digest, artifact_id]).await?;
        Ok(found.0 > 0)
    }
}

impl WriteTx {
    /// Notes that the source of an artifact gave the bytes of a blob. False when that is known.
    pub async fn insert_blob_origin(
        &mut self,
        digest: Digest,
        artifact_id: &str,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "
            INSERT INTO blob_origin (digest, artifact_id)
            VALUES ($1, $2)
            ON CONFLICT (digest, artifact_id) DO NOTHING";
        Ok(self.db.execute(SQL, args![digest, artifact_id]).await? == 1)
    }
}
