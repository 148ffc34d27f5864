//! What has to hold, written down a second time: who may do what, who has to answer, and what is served
//! then. It shares no rule with what it is compared with.

use std::collections::BTreeMap;
use std::time::Duration;

use weighbridge_domain::{Digest, Role, Timestamp};
use weighbridge_engine::Say;

use super::acts::{Act, Deed, EVERYBODY, Person, Use};
use super::story::{Story, Told, Waived};

const HOUR: Duration = Duration::from_hours(1);
const SECURITY: Role = Role::SecurityReviewer;
const COMPLIANCE: Role = Role::ComplianceReviewer;
const APPROVER: Role = Role::Approver;

/// A repository upstream.
#[derive(Clone, Copy)]
pub(super) struct Repo {
    pub(super) name: &'static str,
    pub(super) pattern: &'static str,
    pub(super) is_tier_1: bool,
    pub(super) has_licence: bool,
}

pub(super) const REPOS: [Repo; 3] = [
    Repo { name: "acme/tiny", pattern: "acme/*", is_tier_1: true, has_licence: true },
    Repo { name: "bare/tiny", pattern: "bare/*", is_tier_1: true, has_licence: false },
    Repo { name: "other/tiny", pattern: "other/*", is_tier_1: false, has_licence: true },
];

/// A commit of one.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub(super) repo: usize,
    pub(super) commit: String,
    pub(super) manifest: String,
    pub(super) files: [Digest; 2],
}

/// The part of a role.
#[derive(Clone, Debug)]
struct Part {
    due: Option<Timestamp>,
    is_escalated: bool,
}

#[derive(Clone, Debug)]
struct Asked {
    revision: usize,
    days: u64,
    is_sensitive: bool,
    questioned_at: Option<Timestamp>,
    parts: BTreeMap<String, Part>,
    end: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Ends {
    at: Timestamp,
    place: &'static str,
}

/// An act with what it is done to.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) act: Act,
    pub(super) revision: usize,
    pub(super) request: String,
    pub(super) waiver: String,
}

/// The id of what was made, or why it was refused.
pub(super) type Outcome = Result<Option<String>, String>;

#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) revisions: Vec<Revision>,
    pub(super) story: Story,
    asked: BTreeMap<String, Asked>,
    ends: BTreeMap<String, Ends>,
}

impl Model {
    /// Every revision, by artifact and commit.
    pub(super) fn commits(&self) -> Vec<(String, String)> {
        let named = |it: &Revision| (REPOS[it.repo].name.to_owned(), it.commit.clone());
        self.revisions.iter().map(named).collect()
    }

    /// What an act is done to: open requests and new revisions mostly.
    pub(super) fn plan(&self, act: Act) -> Planned {
        let of_repo = |(_, revision): &(usize, &Revision)| revision.repo == act.on % REPOS.len();
        let mut newest = self.revisions.iter().enumerate().filter(of_repo).map(|(at, _)| at).rev();
        let first = newest.next().unwrap();
        let revision = if act.on >= 18 { newest.next().unwrap_or(first) } else { first };
        let all: Vec<&String> = self.story.requests.keys().collect();
        let is_open = |id: &&&String| self.story.requests[**id].state == "open";
        let open: Vec<&String> = all.iter().filter(is_open).copied().collect();
        let of = |ids: &[&String]| ids.get(act.on % ids.len().max(1)).map(|id| (*id).clone());
        let request = if open.is_empty() || act.on >= 21 { of(&all) } else { of(&open) };
        let waivers: Vec<&String> = self.story.waivers.keys().collect();
        let waiver = of(&waivers).unwrap_or_else(|| "none".to_owned());
        // What was just asked for is what those who answer next answer.
        let asked = self.story.requests.iter().rev().find(|(_, told)| {
            told.state == "open" && told.commit == self.revisions[revision].commit
        });
        let request = asked.filter(|_| act.on < 12).map(|(id, _)| id.clone()).or(request);
        Planned { revision, request: request.unwrap_or_else(|| "none".to_owned()), waiver, act }
    }

    /// Does what was done, or tells why that should not have come out.
    pub(super) fn apply(
        &mut self,
        planned: &Planned,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), String> {
        let expected = self.attempt(planned, outcome, now);
        match (expected, outcome) {
            (Ok(()), Ok(_)) | (Err(_), Err(_)) => Ok(()),
            (Ok(()), Err(why)) => Err(format!("{planned:?} was refused: {why}")),
            (Err(why), Ok(_)) => Err(format!("{planned:?} was done, though {why}")),
        }
    }

    fn attempt(&mut self, plan: &Planned, outcome: &Outcome, now: Timestamp) -> Result<(), String> {
        let by = plan.act.by;
        let id = || outcome.clone().ok().flatten().unwrap_or_default();
        match plan.act.deed {
            Deed::Ask { place, r#use } => self.ask(plan.revision, (by, place, r#use), &id(), now),
            Deed::Grant { rule, days } => {
                when(rule != "approval-required", "it is never set aside")?;
                when(by.role == COMPLIANCE, "it is another role's rule")?;
                when((1..=365).contains(&days), "of its end")?;
                let end = now.plus(HOUR * 24 * u32::try_from(days).unwrap());
                let waived = Waived {
                    rule: rule.to_owned(),
                    pattern: REPOS[self.revisions[plan.revision].repo].pattern.to_owned(),
                    by: by.name.to_owned(),
                    end: end.to_string(),
                    is_revoked: false,
                };
                self.story.waivers.insert(id(), waived);
                self.ends.insert(id(), Ends { at: end, place: "production" });
                Ok(())
            }
            Deed::Revoke => {
                let waived = self.story.waivers.get_mut(&plan.waiver).ok_or("there is none")?;
                when(!waived.is_revoked, "it was revoked before")?;
                when([COMPLIANCE, Role::Admin].contains(&by.role), "it is another role's")?;
                waived.is_revoked = true;
                Ok(())
            }
            Deed::Recall { file } => {
                when([SECURITY, Role::Admin].contains(&by.role), "it is another role's")?;
                let digest = self.revisions[plan.revision].files[file].to_string();
                when(self.story.recalled.insert(digest), "it was recalled before")
            }
            _ => self.act_on_request(plan, now),
        }
    }

    fn ask(
        &mut self,
        revision: usize,
        (by, place, r#use): (Person, &str, Use),
        id: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        let about = &self.revisions[revision];
        let repo = REPOS[about.repo];
        when(![Role::Reader, Role::Auditor].contains(&by.role), "they ask for nothing")?;
        let same = |told: &Told| {
            told.state == "open" && told.commit == about.commit && told.place == place
        };
        when(!self.story.requests.values().any(same), "it is asked for")?;
        let is_short = repo.is_tier_1 && matches!(r#use, Use::Harmless);
        // Somebody has to know what it depends on, and how it behaves: that is always security.
        let mut needs = vec![SECURITY];
        if !is_short || !repo.has_licence {
            needs.push(COMPLIANCE);
        }
        needs.push(APPROVER);
        let part = |role: Role| {
            let hours = match role {
                COMPLIANCE if repo.has_licence => 72,
                COMPLIANCE => 120,
                _ => 48,
            };
            let due = (role != APPROVER).then(|| now.plus(HOUR * hours));
            (role.to_string(), Part { due, is_escalated: false })
        };
        let asked = Asked {
            revision,
            days: if is_short { 365 } else { 180 },
            is_sensitive: matches!(r#use, Use::Sensitive),
            questioned_at: None,
            parts: needs.iter().copied().map(part).collect(),
            end: None,
        };
        let told = Told {
            by: by.name.to_owned(),
            artifact: repo.name.to_owned(),
            commit: about.commit.clone(),
            place: place.to_owned(),
            needs: needs.iter().map(ToString::to_string).collect(),
            state: "open".to_owned(),
            ..Told::default()
        };
        self.asked.insert(id.to_owned(), asked);
        self.story.requests.insert(id.to_owned(), told);
        Ok(())
    }

    fn act_on_request(&mut self, plan: &Planned, now: Timestamp) -> Result<(), String> {
        let by = plan.act.by;
        let told = self.story.requests.get_mut(&plan.request).ok_or("there is none")?;
        let asked = self.asked.get_mut(&plan.request).unwrap();
        let is_asker = told.by == by.name;
        let reviews = [SECURITY, COMPLIANCE, APPROVER].contains(&by.role);
        let reads = reviews || [Role::Auditor, Role::Admin].contains(&by.role);
        when(is_asker || reads, "it is hidden from them")?;
        let speaks = ![Role::Reader, Role::Auditor].contains(&by.role);
        if let Deed::Say(Say::Comment) = plan.act.deed {
            return when(speaks, "they say nothing");
        }
        when(told.state == "open", "it is closed")?;
        let role = by.role.to_string();
        let missing = missing(told);
        let is_here = by.role != APPROVER || by.place == told.place;
        let has_part = !is_asker && reviews && told.needs.contains(&role) && is_here;
        match plan.act.deed {
            Deed::Answer { is_yes, days } => {
                when(has_part, "they have no part")?;
                when(!told.votes.iter().any(|vote| vote.1 == by.name), "they answered before")?;
                when(missing.contains(&role), "their part is done")?;
                let owner = told.assigned.get(&role);
                when(owner.is_none_or(|name| name == by.name), "it is somebody else's")?;
                if is_yes {
                    when(told.question.is_none(), "a question is open")?;
                    when(by.role != APPROVER || missing.len() == 1, "the approver is the last")?;
                }
                let is_last = is_yes && missing.len() == 1;
                let days = days.unwrap_or(asked.days);
                when(!is_last || (1..=asked.days).contains(&days), "of its end")?;
                told.votes.insert((role, by.name.to_owned(), is_yes));
                if !is_yes {
                    told.state = "rejected".to_owned();
                } else if is_last {
                    let end = now.plus(HOUR * 24 * u32::try_from(days).unwrap());
                    asked.end = Some(end);
                    told.state = "approved".to_owned();
                    told.end = Some(end.to_string());
                    told.manifest = Some(self.revisions[asked.revision].manifest.clone());
                } else if missing.len() == 2 {
                    let approval = asked.parts.get_mut(APPROVER.as_str()).unwrap();
                    approval.due = approval.due.or(Some(now.plus(HOUR * 48)));
                }
                Ok(())
            }
            Deed::Say(Say::Question) => {
                when(has_part, "they have no part")?;
                when(told.question.is_none(), "a question is open")?;
                told.question = Some(by.name.to_owned());
                asked.questioned_at = Some(now);
                Ok(())
            }
            Deed::Say(_) => {
                when(speaks, "they say nothing")?;
                let by_whom = told.question.as_ref().ok_or("nobody asked")?;
                when(is_asker || by_whom == by.name, "it is not theirs to answer")?;
                told.question = None;
                let waited = asked.questioned_at.take().unwrap().until(now);
                for role in &missing {
                    let part = asked.parts.get_mut(role).unwrap();
                    part.due = part.due.map(|due| due.plus(waited));
                }
                Ok(())
            }
            Deed::Reassign { part, to } => {
                let gives = by.role == part || by.role == Role::Admin;
                let gives = gives || (by.role == APPROVER && by.place == told.place);
                when(gives && !is_asker, "it is not theirs to give")?;
                when(missing.contains(part.as_str()), "nobody waits for it")?;
                let is_new = to != told.by && !told.votes.iter().any(|vote| vote.1 == to);
                when(is_new, "they may not answer")?;
                let has = |person: &&Person| person.name == to && person.role == part;
                let known = EVERYBODY.iter().filter(has);
                let mut known = known.filter(|who| part != APPROVER || who.place == told.place);
                when(known.next().is_some(), "they have no such role")?;
                told.assigned.insert(part.to_string(), to.to_owned());
                Ok(())
            }
            Deed::Escalate(part) => {
                when(is_asker || reviews || by.role == Role::Admin, "not theirs")?;
                when(speaks && missing.contains(part.as_str()), "nobody waits for it")?;
                told.assigned.remove(part.as_str());
                asked.parts.get_mut(part.as_str()).unwrap().is_escalated = true;
                Ok(())
            }
            Deed::Withdraw => {
                when(is_asker || by.role == Role::Admin, "it is not theirs")?;
                told.state = "withdrawn".to_owned();
                Ok(())
            }
            _ => Err("it is about no request".to_owned()),
        }
    }

    /// What is late becomes anybody's of the role.
    pub(super) fn look_at_the_clock(&mut self, now: Timestamp) {
        for (id, told) in &mut self.story.requests {
            let asked = self.asked.get_mut(id).unwrap();
            if told.state != "open" || told.question.is_some() {
                continue;
            }
            for role in missing(told) {
                let part = asked.parts.get_mut(&role).unwrap();
                if part.due.is_some_and(|due| due <= now) && !part.is_escalated {
                    part.is_escalated = true;
                    told.assigned.remove(&role);
                }
            }
        }
    }

    /// What a pull is told, and whether an approval that has ended is the reason.
    pub(super) fn verdict(&self, revision: usize, place: &str, now: Timestamp) -> (&str, bool) {
        let about = &self.revisions[revision];
        let repo = REPOS[about.repo];
        if about.files.iter().any(|file| self.story.recalled.contains(&file.to_string())) {
            return ("refused", false);
        }
        if place != "production" {
            return ("served", false);
        }
        let approved = |(id, asked): (&String, &Asked)| {
            let here = asked.revision == revision && self.story.requests[id].place == place;
            asked.end.filter(|_| here).map(|end| (end, asked.is_sensitive))
        };
        let approved: Vec<_> = self.asked.iter().filter_map(approved).collect();
        let in_force = approved.iter().filter(|(end, _)| now < *end);
        let mut in_force = in_force.peekable();
        if in_force.peek().is_none() {
            return ("held", !approved.is_empty());
        }
        let is_waived = |rule: &str| {
            let waived = |(id, waived): (&String, &Waived)| {
                let end = &self.ends[id];
                let here = waived.rule == rule && waived.pattern == repo.pattern;
                here && !waived.is_revoked && end.place == place && now < end.at
            };
            self.story.waivers.iter().any(waived)
        };
        let is_sensitive = in_force.any(|(_, is_sensitive)| *is_sensitive);
        let needs_waiver = [
            (is_sensitive && !repo.is_tier_1, "data-tier"),
            (!repo.has_licence, "licence-unknown"),
        ];
        let is_held = needs_waiver.iter().any(|(needs, rule)| *needs && !is_waived(rule));
        (if is_held { "held" } else { "served" }, false)
    }
}

fn when(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// The roles that have not said yes.
fn missing(told: &Told) -> std::collections::BTreeSet<String> {
    let has = |role: &String| told.votes.iter().any(|vote| vote.0 == *role && vote.2);
    told.needs.iter().filter(|role| !has(role)).cloned().collect()
}
