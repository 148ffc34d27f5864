//! Artifacts and the other names they are known by.

use weighbridge_domain::{Artifact, ArtifactKind, SourceName, Timestamp};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError, WriteTx};

/// A named thing of a kind, pinned to the source that first said yes to its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactRow {
    /// A ULID.
    pub id: String,
    /// Its kind and canonical name.
    pub artifact: Artifact,
    /// The source it belongs to.
    pub source: SourceName,
    /// Upstream gives it to some people only: gated or private.
    pub restricted: bool,
    /// When it was first asked for.
    pub created_at: Timestamp,
}

/// Which artifacts to list, by name.
#[derive(Clone, Debug, Default)]
pub struct ArtifactPage<'a> {
    /// Only this kind.
    pub kind: Option<ArtifactKind>,
    /// Only names with this in them, in any letter case.
    pub containing: Option<&'a str>,
    /// Only those after this one.
    pub after: Option<&'a Artifact>,
    /// At most so many.
    pub limit: u32,
}

impl Record for ArtifactRow {
    const TABLE: &'static str = "artifact";
    const KEY: &'static [&'static str] = &["id"];

    fn read(row: Row<'_>) -> Result<ArtifactRow, BadColumn> {
        Ok(ArtifactRow {
            id: row.text("id")?,
            artifact: Artifact { kind: row.parsed("kind")?, name: row.parsed("name")? },
            source: row.parsed("source")?,
            restricted: row.flag("restricted")?,
            created_at: row.moment("created_at")?,
        })
    }
}

impl Queries {
    /// The artifact of that name, or the one it is an alias of; letter case does not matter.
    pub async fn find_artifact(
        &mut self,
        artifact: &Artifact,
    ) -> Result<Option<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at, 1 AS via
            FROM artifact
            WHERE folded = $2 AND kind = $1
            UNION ALL
            SELECT a.id, a.kind, a.name, a.source, a.restricted, a.created_at, 0 AS via
            FROM artifact_alias l JOIN artifact a ON a.id = l.artifact_id
            WHERE l.kind = $1 AND l.folded = $2
            ORDER BY via
            LIMIT 1";
        let Artifact { kind, name } = artifact;
        self.db.fetch_optional(SQL, args![*kind, name.folded()]).await
    }

    /// The artifact that has this name itself, even where the name means another one by now.
    pub async fn find_artifact_called(
        &mut self,
        artifact: &Artifact,
    ) -> Result<Option<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE folded = $2 AND kind = $1";
        let Artifact { kind, name } = artifact;
        self.db.fetch_optional(SQL, args![*kind, name.folded()]).await
    }

    /// Artifacts of which a revision was approved, the newest artifact first.
    pub async fn list_approved_artifacts(
        &mut self,
        limit: u32,
    ) -> Result<Vec<Artifact>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE id IN (
                SELECT revision.artifact_id
                FROM request JOIN revision ON revision.id = request.revision_id
                WHERE request.state = 'approved'
            )
            ORDER BY id DESC
            LIMIT $1";
        let found: Vec<ArtifactRow> = self.db.fetch_all(SQL, args![limit]).await?;
        Ok(found.into_iter().map(|row| row.artifact).collect())
    }

    /// The artifact with that id.
    pub async fn find_artifact_by_id(
        &mut self,
        id: &str,
    ) -> Result<Option<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE id = $1";
        self.db.fetch_optional(SQL, args![id]).await
    }

    /// The artifacts with those ids, in no order that means anything.
    pub async fn find_artifacts_by_id(
        &mut self,
        ids: &[String],
    ) -> Result<Vec<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE id IN (SELECT id FROM wanted)
            ORDER BY id";
        self.db.fetch_wanted(SQL, ids).await
    }

    /// Artifacts in the order of their names.
    pub async fn list_artifacts(
        &mut self,
        page: &ArtifactPage<'_>,
    ) -> Result<Vec<ArtifactRow>, StoreError> {
        const SQL: &str = "
            SELECT id, kind, name, source, restricted, created_at
            FROM artifact
            WHERE (folded, kind) > ($1, $2) AND kind LIKE $3 AND folded LIKE $4 ESCAPE '\\'
            ORDER BY folded, kind
            LIMIT $5";
        let after = page.after.map(|artifact| (artifact.name.folded(), artifact.kind.as_str()));
        let (name, kind) = after.unwrap_or_default();
        let of_kind = page.kind.map_or("%", ArtifactKind::as_str);
        let containing = containing(page.containing.unwrap_or_default());
        self.db.fetch_all(SQL, args![name, kind, of_kind, containing, page.limit]).await
    }
}

/// A pattern for LIKE that means these characters and nothing else.
fn containing(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

impl WriteTx {
    /// Adds an artifact. A name that is taken is a conflict.
    pub async fn insert_artifact(&mut self, row: &ArtifactRow) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO artifact (id, kind, name, folded, source, restricted, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let ArtifactRow { id, artifact: Artifact { kind, name }, source, restricted, created_at } =
            row;
        let given = args![id, *kind, name, name.folded(), source, *restricted, *created_at];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Makes `alias` another name of an artifact. It moves when it was the alias of another one.
    pub async fn set_artifact_alias(
        &mut self,
        alias: &Artifact,
        artifact_id: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "
            INSERT INTO artifact_alias (kind, folded, artifact_id) VALUES ($1, $2, $3)
            ON CONFLICT (kind, folded) DO UPDATE SET artifact_id = excluded.artifact_id";
        let given = args![alias.kind, alias.name.folded(), artifact_id];
        self.db.execute(SQL, given).await.map(drop)
    }

    /// Takes an alias away; false when it is none.
    pub async fn delete_artifact_alias(&mut self, alias: &Artifact) -> Result<bool, StoreError> {
        const SQL: &str = "DELETE FROM artifact_alias WHERE kind = $1 AND folded = $2";
        Ok(self.db.execute(SQL, args![alias.kind, alias.name.folded()]).await? == 1)
    }

    /// Says whether upstream gives the artifact to some people only; false when there is none.
    pub async fn set_restricted(&mut self, id: &str, restricted: bool) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE artifact SET restricted = $2 WHERE id = $1";
        Ok(self.db.execute(SQL, args![id, restricted]).await? == 1)
    }
}
