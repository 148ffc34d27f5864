//! Credentials for upstream: sealed before they are stored, and never read back by anybody.

use weighbridge_domain::{Caller, RepoPattern, SourceName};
use weighbridge_store::SourceCredentialRow;

use crate::admit::source::credential_purpose;
use crate::manage::SourceError;
use crate::{Engine, Event};

impl Engine {
    /// Stores the credential for some repositories of a source; `**` means all of them.
    pub async fn set_source_credential(
        &self,
        by: &Caller,
        source: &SourceName,
        pattern: RepoPattern,
        secret: &str,
    ) -> Result<(), SourceError> {
        let fits =
            (1..=2_000).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(SourceError::BadSecret);
        }
        let purpose = credential_purpose(source, &pattern);
        let secret = self.seal(&purpose, secret).ok_or(SourceError::Seal)?;
        let mut change = self.begin().await?;
        if change.tx().find_source(source).await?.is_none() {
            return Err(SourceError::NoSuchSource(source.clone()));
        }
        let event = Event::SourceCredentialSet {
            by: by.name.clone(),
            source: source.to_string(),
            pattern: pattern.to_string(),
        };
        let row = SourceCredentialRow { source: source.clone(), pattern, secret };
        change.tx().set_source_credential(&row).await?;
        change.commit(event).await?;
        Ok(())
    }

    /// Forgets a credential.
    pub async fn remove_source_credential(
        &self,
        by: &Caller,
        source: &SourceName,
        pattern: RepoPattern,
    ) -> Result<(), SourceError> {
        let mut change = self.begin().await?;
        if !change.tx().delete_source_credential(source, &pattern).await? {
            return Err(SourceError::NoSuchCredential(source.clone(), pattern));
        }
        let event = Event::SourceCredentialRemoved {
            by: by.name.clone(),
            source: source.to_string(),
            pattern: pattern.to_string(),
        };
        change.commit(event).await?;
        Ok(())
    }

    /// Seals a secret for one purpose, to be stored.
    pub(crate) fn seal(&self, purpose: &str, secret: &str) -> Option<String> {
        let mut nonce = [0; weighbridge_evidence::NONCE_BYTES];
        self.0.settings.ids.fill(&mut nonce);
        self.0.secret_key.seal(nonce, purpose, secret)
    }
}
