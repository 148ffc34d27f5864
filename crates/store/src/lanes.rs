//! The decision table, as a document that requests name by its digest.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Digest, LaneTable};

use crate::requests::StoredRow;
use crate::scans::to_json;
use crate::{Queries, StoreError, WriteTx};

/// Which document is the table in force; without one, the shipped table is.
const KEY: &str = "lane-table";

#[derive(Serialize, Deserialize)]
struct StoredTable {
    low_risk_data: String,
    low_risk_affected: String,
    review_hours: u64,
    short_days: u64,
    full_days: u64,
    expiring_hours: u64,
    rows: Vec<StoredRow>,
}

/// The table as it is kept, and the digest that names it.
pub fn lane_document(table: &LaneTable) -> Result<(Digest, String), StoreError> {
    let text = to_json(&StoredTable {
        low_risk_data: table.low_risk_data.to_string(),
        low_risk_affected: table.low_risk_affected.to_string(),
        review_hours: table.review_hours,
        short_days: table.short_days,
        full_days: table.full_days,
        expiring_hours: table.expiring_hours,
        rows: table.rows.iter().map(StoredRow::of).collect(),
    })?;
    Ok((Digest::of(text.as_bytes()), text))
}

fn read(text: &str) -> Result<LaneTable, String> {
    let stored: StoredTable = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(LaneTable {
        low_risk_data: stored.low_risk_data.parse().map_err(|error| format!("{error}"))?,
        low_risk_affected: stored.low_risk_affected.parse().map_err(|error| format!("{error}"))?,
        review_hours: stored.review_hours,
        short_days: stored.short_days,
        full_days: stored.full_days,
        expiring_hours: stored.expiring_hours,
        rows: stored.rows.into_iter().map(StoredRow::row).collect::<Result<_, _>>()?,
    })
}

impl Queries {
    /// The decision table that somebody set; `None` when the shipped one is in force.
    pub async fn find_lane_table(&mut self) -> Result<Option<LaneTable>, StoreError> {
        let Some(digest) = self.find_instance_value(KEY).await?.filter(|text| !text.is_empty())
        else {
            return Ok(None);
        };
        let corrupt = |why: String| StoreError::Corrupt {
            table: "document",
            row: digest.clone(),
            column: "body",
            why,
        };
        let known = digest.parse().map_err(|error| corrupt(format!("{error}")))?;
        let text = self.find_document(known).await?;
        let text = text.ok_or_else(|| corrupt("the decision table is not there".to_owned()))?;
        read(&text).map(Some).map_err(corrupt)
    }
}

impl WriteTx {
    /// Keeps a decision table under its digest, so that a request can name it.
    pub async fn put_lane_table(&mut self, table: &LaneTable) -> Result<Digest, StoreError> {
        let (digest, text) = lane_document(table)?;
        self.put_document(digest, &text).await?;
        Ok(digest)
    }

    /// Makes a kept table the one in force; `None` makes it the shipped one.
    pub async fn set_lane_table(&mut self, digest: Option<Digest>) -> Result<(), StoreError> {
        let value = digest.map(|digest| digest.to_string()).unwrap_or_default();
        self.set_instance_value(KEY, &value).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_back_and_has_one_name() {
        let table = LaneTable::shipped();
        let (digest, text) = lane_document(&table).unwrap();
        assert_eq!(read(&text), Ok(table.clone()));
        assert_eq!(lane_document(&table).unwrap().0, digest);
        assert!(read("{}").is_err());
    }
}
