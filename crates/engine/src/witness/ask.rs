//! The log's side: witnesses are asked for their cosignatures after a checkpoint was made, and what they
//! say goes along with the checkpoint from then on.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weighbridge_domain::Digest;
use weighbridge_evidence::{WitnessVerifier, prove_consistency};
use weighbridge_store::{CheckpointRow, CosignatureRow, LogWitnessRow, Reader, StoreError};
use weighbridge_upstream::{Outgoing, OutletReply, OutletUrl};

use crate::{Engine, Event};

impl Engine {
    /// Asks every witness that has not cosigned the ledger as it stands. One that does not answer is
    /// asked again at the next checkpoint.
    pub async fn ask_witnesses(&self) -> Result<(), StoreError> {
        let witnesses = self.0.store.read().await?.list_log_witnesses().await?;
        if witnesses.is_empty() {
            return Ok(());
        }
        let checkpoint = self.checkpoint().await?;
        let due = witnesses.iter().filter(|witness| witness.cosigned_size != checkpoint.size);
        let asked = due.map(|witness| self.ask_witness(witness, &checkpoint));
        futures_util::future::try_join_all(asked).await.map(drop)
    }

    async fn ask_witness(
        &self,
        witness: &LogWitnessRow,
        checkpoint: &CheckpointRow,
    ) -> Result<(), StoreError> {
        let said = self.cosigned(witness, checkpoint).await?;
        let now = self.0.settings.clock.now();
        if let Err(trouble) = &said
            && witness.trouble.as_ref() != Some(trouble)
        {
            tracing::warn!(trouble, "witness `{}` has not cosigned the ledger", witness.name);
        }
        let said = said.as_ref().map_err(String::as_str);
        self.0.store.keep_cosignature(&witness.name, said, now).await?;
        self.0.signed.invalidate(&());
        Ok(())
    }

    /// The witness's line, or why there is none.
    async fn cosigned(
        &self,
        witness: &LogWitnessRow,
        checkpoint: &CheckpointRow,
    ) -> Result<Result<CosignatureRow, String>, StoreError> {
        let mut old_size = witness.cosigned_size;
        // Once more when it remembers another size than we do.
        for _ in 0..2 {
            if old_size > checkpoint.size {
                return self.is_behind(witness, old_size, checkpoint.size).await.map(Err);
            }
            let reply = match self.submit(witness, old_size, checkpoint).await? {
                Ok(reply) => reply,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            match reply.status {
                200 => return Ok(believed(witness, checkpoint, &text)),
                409 => match text.trim().parse() {
                    Ok(size) if size != old_size => old_size = size,
                    _ => return Ok(Err("it refuses our history (409)".to_owned())),
                },
                status => return Ok(Err(format!("it answered {status}"))),
            }
        }
        Ok(Err("it remembers another size each time".to_owned()))
    }

    async fn submit(
        &self,
        witness: &LogWitnessRow,
        old_size: u64,
        checkpoint: &CheckpointRow,
    ) -> Result<Result<OutletReply, String>, StoreError> {
        let proof = self.consistency(old_size, checkpoint.size).await?;
        let mut body = format!("old {old_size}\n");
        for hash in proof {
            // Writing into a string never fails.
            writeln!(body, "{}", STANDARD.encode(hash.as_bytes())).ok();
        }
        body.push('\n');
        body.push_str(&checkpoint.note);
        let url = witness.url.parse::<OutletUrl>().ok().and_then(|url| url.below("add-checkpoint"));
        let Some(url) = url else { return Ok(Err("its address cannot be one".to_owned())) };
        let message =
            Outgoing { content_type: "text/plain; charset=utf-8", headers: Vec::new(), body };
        Ok(self.0.outlet.post(&url, message).await.map_err(|trouble| trouble.what))
    }

    /// The hashes that lead from one size of our ledger to another.
    async fn consistency(&self, old_size: u64, size: u64) -> Result<Vec<Digest>, StoreError> {
        if old_size == 0 || old_size == size {
            return Ok(Vec::new());
        }
        let mut db = self.0.store.read().await?;
        let mut tiles = self.read_tiles(&mut db, &[old_size - 1, old_size], size).await?;
        prove_consistency(old_size, size, &mut tiles)
            .map_err(|error| StoreError::Other(format!("no proof: {error}")))
    }

    /// A witness has seen more of our ledger than there is: the end of it was lost. Told once.
    async fn is_behind(
        &self,
        witness: &LogWitnessRow,
        seen: u64,
        size: u64,
    ) -> Result<String, StoreError> {
        let trouble = format!("it has seen {seen} entries, and there are {size}: the end is lost");
        if witness.trouble.as_ref() != Some(&trouble) {
            tracing::error!(witness = witness.name, seen, size, "the end of the ledger is lost");
            let mut change = self.begin().await?;
            change.keep_answers();
            let event = Event::WitnessAlarm {
                log: self.0.settings.log_origin.clone(),
                what: format!("`{}` has seen more entries than there are", witness.name),
                known_size: seen,
                known_root: None,
                size,
                root: None,
            };
            change.commit(event).await?;
        }
        Ok(trouble)
    }

    /// The checkpoint to hand out: with the cosignatures of witnesses, where there are any.
    pub async fn published_checkpoint(&self) -> Result<CheckpointRow, StoreError> {
        let cosigned = find_cosigned_checkpoint(&mut self.0.store.read().await?).await?;
        match cosigned {
            Some(cosigned) => Ok(cosigned),
            None => self.checkpoint().await,
        }
    }
}

/// The last checkpoint that a witness cosigned, with the lines of all that did.
pub(crate) async fn find_cosigned_checkpoint(
    db: &mut Reader,
) -> Result<Option<CheckpointRow>, StoreError> {
    let Some(latest) = db.find_latest_cosignature().await? else { return Ok(None) };
    let found = db.find_checkpoint_covering(latest.size).await?;
    let Some(mut row) = found.filter(|row| row.size == latest.size) else { return Ok(None) };
    for cosignature in db.list_cosignatures(row.size).await? {
        row.note.push_str(&cosignature.line);
    }
    Ok(Some(row))
}

/// The line by the key of the witness, when it holds.
fn believed(
    witness: &LogWitnessRow,
    checkpoint: &CheckpointRow,
    text: &str,
) -> Result<CosignatureRow, String> {
    let verifier = WitnessVerifier::from_vkey(&witness.vkey).map_err(|why| why.to_string())?;
    let prefix = format!("\u{2014} {} ", witness.name);
    // Lines by other keys are not kept.
    let line = text
        .lines()
        .filter(|line| line.starts_with(&prefix))
        .find(|line| verifier.verify(&format!("{}{line}\n", checkpoint.note)).is_ok());
    let line = line.ok_or("its answer is not cosigned by its key")?;
    Ok(CosignatureRow {
        size: checkpoint.size,
        witness: witness.name.clone(),
        line: format!("{line}\n"),
    })
}
