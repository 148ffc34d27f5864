//! Documents: texts that decisions name by digest.

use weighbridge_domain::Digest;

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

struct Body(String);

impl Record for Body {
    const TABLE: &'static str = "document";
    const KEY: &'static [&'static str] = &["digest"];

    fn read(row: Row<'_>) -> Result<Body, BadColumn> {
        row.text("body").map(Body)
    }
}

impl Queries {
    /// The document of that digest.
    pub async fn find_document(&mut self, digest: Digest) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT digest, body FROM document WHERE digest = $1";
        let body: Option<Body> = self.db.fetch_optional(SQL, args![digest]).await?;
        Ok(body.map(|body| body.0))
    }
}

impl WriteTx {
    /// Keeps a document under its digest. One that is there already stays as it is.
    pub async fn put_document(&mut self, digest: Digest, body: &str) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO document (digest, body) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        self.db.execute(SQL, args![digest, body]).await.map(drop)
    }
}
