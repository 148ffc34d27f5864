//! How much of everything there is, for `weighbridge status`.

use weighbridge_domain::{Custody, Environment, Outcome};

use crate::db::{BadColumn, Record, Row, args};
use crate::{Queries, StoreError};

/// How much of everything there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Artifacts.
    pub artifacts: u64,
    /// Revisions.
    pub revisions: u64,
    /// Downloads.
    pub downloads: u64,
    /// Ledger entries.
    pub ledger_entries: u64,
    /// Blobs, one row a custody that has any.
    pub blobs: Vec<BlobCount>,
    /// Decisions that hold, one row an environment and outcome that has any.
    pub decisions: Vec<DecisionCount>,
}

/// How many blobs stand at one custody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobCount {
    /// Where they stand.
    pub custody: Custody,
    /// How many.
    pub blobs: u64,
    /// How large they are together.
    pub size_bytes: u64,
}

/// How many decisions of one outcome hold in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionCount {
    /// Where.
    pub environment: Environment,
    /// The answer.
    pub outcome: Outcome,
    /// How many.
    pub decisions: u64,
}

struct Totals {
    artifacts: u64,
    revisions: u64,
    downloads: u64,
    ledger_entries: u64,
}

impl Record for Totals {
    const TABLE: &'static str = "ledger_head";
    const KEY: &'static [&'static str] = &[];

    fn read(row: Row<'_>) -> Result<Totals, BadColumn> {
        Ok(Totals {
            artifacts: row.count("artifacts")?,
            revisions: row.count("revisions")?,
            downloads: row.count("downloads")?,
            ledger_entries: row.count("size")?,
        })
    }
}

impl Record for BlobCount {
    const TABLE: &'static str = "blob";
    const KEY: &'static [&'static str] = &["custody"];

    fn read(row: Row<'_>) -> Result<BlobCount, BadColumn> {
        Ok(BlobCount {
            custody: row.parsed("custody")?,
            blobs: row.count("blobs")?,
            size_bytes: row.count("size_bytes")?,
        })
    }
}

impl Record for DecisionCount {
    const TABLE: &'static str = "decision";
    const KEY: &'static [&'static str] = &["environment", "outcome"];

    fn read(row: Row<'_>) -> Result<DecisionCount, BadColumn> {
        Ok(DecisionCount {
            environment: row.parsed("environment")?,
            outcome: row.parsed("outcome")?,
            decisions: row.count("decisions")?,
        })
    }
}

impl Queries {
    /// Counts everything.
    pub async fn counts(&mut self) -> Result<Counts, StoreError> {
        const TOTALS: &str = "
            SELECT size,
                (SELECT COUNT(*) FROM artifact) AS artifacts,
                (SELECT COUNT(*) FROM revision) AS revisions,
                (SELECT COUNT(*) FROM download) AS downloads
            FROM ledger_head
            WHERE id = 1";
        const BLOBS: &str = "
            SELECT custody, COUNT(*) AS blobs, CAST(SUM(size_bytes) AS BIGINT) AS size_bytes
            FROM blob
            GROUP BY custody
            ORDER BY custody";
        const DECISIONS: &str = "
            SELECT environment, outcome, COUNT(*) AS decisions
            FROM decision
            WHERE superseded_at IS NULL
            GROUP BY environment, outcome
            ORDER BY environment, outcome";
        let totals: Totals = self.db.fetch_one(TOTALS, args![]).await?;
        Ok(Counts {
            artifacts: totals.artifacts,
            revisions: totals.revisions,
            downloads: totals.downloads,
            ledger_entries: totals.ledger_entries,
            blobs: self.db.fetch_all(BLOBS, args![]).await?,
            decisions: self.db.fetch_all(DECISIONS, args![]).await?,
        })
    }
}
