//! What the rows of the decision table come to for one revision and environment, from what is known.
//! What nobody knows is unknown, and never a yes.

use std::collections::HashMap;

use weighbridge_domain::{
    Check, CheckAnswer, Checked, Environment, Grade, LaneRow, Mode, RepoPath, Tier,
};
use weighbridge_policy::{Facts, Judgement};
use weighbridge_store::RevisionRow;

use super::said::{Said, said_by_others};
use crate::Engine;
use crate::admit::locate::Located;
use crate::admit::{Card, Refused};

/// What the rows look at.
struct Known<'a> {
    facts: &'a Facts,
    card: &'a Card,
    has_readme: bool,
    /// What others say, signed.
    said: HashMap<Check, Said>,
    /// What policy says of the licence; `None` when no rule of the environment looks at it.
    licence: Option<Result<(), String>>,
}

impl Engine {
    /// Looks at rows of a table.
    pub(super) async fn check_rows(
        &self,
        rows: &[LaneRow],
        located: &Located,
        revision: &RevisionRow,
        environment: &Environment,
    ) -> Result<Vec<Checked>, Refused> {
        let card: Card = serde_json::from_str(&revision.card).map_err(Refused::internal)?;
        let facts = self.gather_facts(located, revision, &card, environment).await?;
        let active = self.policy().await.map_err(Refused::internal)?;
        let judgement = self.ask_policy(&active.policy, &facts).await.ok();
        let readme: RepoPath = "README.md".parse().map_err(Refused::internal)?;
        let mut db = self.0.store.read().await?;
        let has_readme = db.find_file(&revision.id, &readme).await?.is_some();
        let said = said_by_others(&mut db, &revision.id, &located.artifact, environment).await?;
        drop(db);
        let mode = active.rule(environment, "licence-allowed").map(|setting| setting.mode);
        let is_judged = mode.is_some_and(|mode| mode != Mode::Off);
        let licence = judgement.filter(|_| is_judged).map(|judgement| objection(&judgement));
        let known = Known { facts: &facts, card: &card, has_readme, said, licence };
        Ok(rows.iter().map(|row| known.look(row)).collect())
    }
}

/// The first objection of policy to the licence.
fn objection(judgement: &Judgement) -> Result<(), String> {
    let about_licence = |rule: &str| rule.starts_with("licence-");
    match judgement.reasons.iter().find(|reason| about_licence(&reason.rule)) {
        Some(reason) => Err(reason.message.clone()),
        None => Ok(()),
    }
}

impl Known<'_> {
    fn look(&self, row: &LaneRow) -> Checked {
        let (answer, grade, detail) = match row.check {
            Check::SourceTier => self.tier(),
            Check::Card => self.card(&row.fields),
            Check::Licence => self.licence(),
            Check::Dependencies => self.said(row.check, "nobody has told what it depends on"),
            Check::Behaviour => self.said(row.check, "nobody has told how it behaved"),
            Check::Monitoring => self.said(row.check, "nobody has told where its use is watched"),
        };
        Checked { row: row.clone(), answer, grade, detail }
    }

    fn said(&self, check: Check, otherwise: &str) -> Said {
        self.said.get(&check).cloned().unwrap_or_else(|| nobody_knows(otherwise))
    }

    fn tier(&self) -> (CheckAnswer, Grade, String) {
        let source = &self.facts.source;
        let is_first = source.tier == Tier::PreApproved;
        let answer = if is_first { CheckAnswer::Yes } else { CheckAnswer::No };
        let tier = source.tier.number();
        (answer, Grade::Verified, format!("its source `{}` has tier {tier}", source.name))
    }

    fn card(&self, fields: &[String]) -> (CheckAnswer, Grade, String) {
        let missing: Vec<_> = fields.iter().filter(|field| !self.card_says(field)).collect();
        let named = |fields: &[&String]| {
            fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ")
        };
        if missing.is_empty() {
            let all: Vec<_> = fields.iter().collect();
            return (CheckAnswer::Yes, Grade::Declared, format!("its card has {}", named(&all)));
        }
        (CheckAnswer::No, Grade::Missing, format!("its card has no {}", named(&missing)))
    }

    fn card_says(&self, field: &str) -> bool {
        let card = self.card;
        match field {
            "readme" => self.has_readme,
            "licence" => !card.licences.is_empty(),
            "task" => card.pipeline_tag.is_some() || card.card_data.contains_key("task_categories"),
            "library" => card.library_name.is_some(),
            other => card.card_data.get(other).is_some_and(|value| !value.is_null()),
        }
    }

    fn licence(&self) -> (CheckAnswer, Grade, String) {
        let licences = &self.card.licences;
        match &self.licence {
            None => nobody_knows("no rule of the environment looks at licences"),
            Some(_) if licences.is_empty() => nobody_knows("it declares no licence"),
            Some(Err(objection)) => (CheckAnswer::No, Grade::Declared, objection.clone()),
            Some(Ok(())) => {
                let listed = licences.join("`, `");
                (CheckAnswer::Yes, Grade::Declared, format!("it declares `{listed}`"))
            }
        }
    }
}

fn nobody_knows(detail: &str) -> (CheckAnswer, Grade, String) {
    (CheckAnswer::Unknown, Grade::Missing, detail.to_owned())
}
