//! Several requests answered at once, where that is safe: of one lane, and with no finding that a person has
//! to look at. Each is answered or refused on its own.

use weighbridge_domain::Caller;

use super::{NewAnswer, RequestError, RequestReport};
use crate::Engine;

/// How many requests are answered at once.
const AT_ONCE: usize = 50;

/// A request, and what came of answering it.
pub type Answered = (String, Result<RequestReport, RequestError>);

impl Engine {
    /// Answers several requests the same.
    pub async fn answer_requests(
        &self,
        by: &Caller,
        ids: &[String],
        new: &NewAnswer,
    ) -> Result<Vec<Answered>, RequestError> {
        if ids.is_empty() || ids.len() > AT_ONCE {
            return Err(RequestError::TooMany(AT_ONCE));
        }
        let (mut answered, mut lane) = (Vec::<Answered>::new(), None::<String>);
        for id in ids {
            if answered.iter().any(|(known, _)| known == id) {
                continue;
            }
            let outcome = match self.fits_others(by, id, new, &mut lane).await {
                Ok(()) => self.answer_request(by, id, new.clone()).await,
                Err(error) => Err(error),
            };
            answered.push((id.clone(), outcome));
        }
        Ok(answered)
    }

    /// Whether a request may be answered with the others.
    async fn fits_others(
        &self,
        by: &Caller,
        id: &str,
        new: &NewAnswer,
        lane: &mut Option<String>,
    ) -> Result<(), RequestError> {
        let report = self.show_request(by, id).await?;
        let first = lane.get_or_insert_with(|| report.row.lane.clone());
        if *first != report.row.lane {
            let why =
                format!("it is in the {} lane, the first one in the {first}", report.row.lane);
            return Err(RequestError::NotTogether(why));
        }
        if !new.is_yes {
            return Ok(());
        }
        let counts = self.show_evidence(&report).await?.finding_counts;
        match counts.review + counts.dangerous {
            0 => Ok(()),
            open => {
                let why = format!("{open} findings of it have to be looked at");
                Err(RequestError::NotTogether(why))
            }
        }
    }
}
