//! What an entry is called, and whether it makes prepared answers stale.

use super::Event;

impl Event {
    /// The kind of the entry, as the audit stream names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::InstanceCreated { .. } => "instance.created",
            Event::PolicyProposed { .. } => "policy.proposed",
            Event::PolicyActivated { .. } => "policy.activated",
            Event::PolicyWithdrawn { .. } => "policy.withdrawn",
            Event::PolicyLoaded { .. } => "policy.loaded",
            Event::SourceAdded { .. } => "source.added",
            Event::SourceTierChanged { .. } => "source.tier-changed",
            Event::SourcesReordered { .. } => "sources.reordered",
            Event::SourceRemoved { .. } => "source.removed",
            Event::SourcePatternSet { .. } => "source.pattern-set",
            Event::SourcePatternRemoved { .. } => "source.pattern-removed",
            Event::SourceCredentialSet { .. } => "source.credential-set",
            Event::SourceCredentialRemoved { .. } => "source.credential-removed",
            Event::NameReserved { .. } => "name.reserved",
            Event::NameUnreserved { .. } => "name.unreserved",
            Event::TokenCreated { .. } => "token.created",
            Event::TokenRevoked { .. } => "token.revoked",
            Event::AccountCreated { .. } => "account.created",
            Event::AccountDisabled { .. } => "account.disabled",
            Event::AccountEnabled { .. } => "account.enabled",
            Event::RoleGranted { .. } => "role.granted",
            Event::RoleRevoked { .. } => "role.revoked",
            Event::PasswordChanged { .. } => "password.changed",
            Event::SignedIn { .. } => "session.opened",
            Event::SignInRefused { .. } => "sign-in.refused",
            Event::SignedOut { .. } => "session.ended",
            Event::SessionsEnded { .. } => "sessions.ended",
            Event::NamePinned { .. } => "name.pinned",
            Event::RefMoved { .. } => "ref.moved",
            Event::RevisionListed { .. } => "revision.listed",
            Event::FilesQuarantined { .. } => "files.quarantined",
            Event::FilesJudged { .. } => "files.judged",
            Event::Rescanned { .. } => "files.rescanned",
            Event::VerdictWorsened { .. } => "verdict.worsened",
            Event::FetchMismatch { .. } => "fetch.mismatch",
            Event::Decided { .. } => "decision.made",
            Event::Pulled { .. } => "pulls",
            Event::RequestMade { .. } => "request.made",
            Event::RequestAnswered { .. } => "request.answered",
            Event::RequestWithdrawn { .. } => "request.withdrawn",
            Event::FilesRecalled { .. } => "files.recalled",
            Event::RequestCommented { .. } => "request.commented",
            Event::RequestQuestioned { .. } => "request.questioned",
            Event::RequestReplied { .. } => "request.replied",
            Event::RequestReassigned { .. } => "request.reassigned",
            Event::RequestOverdue { .. } => "request.overdue",
            Event::RequestEscalated { .. } => "request.escalated",
            Event::ApprovalExpiring { .. } => "approval.expiring",
            Event::ApprovalExpired { .. } => "approval.expired",
            Event::LanesChanged { .. } => "lanes.changed",
            Event::WaiverGranted { .. } => "waiver.granted",
            Event::WaiverRevoked { .. } => "waiver.revoked",
            Event::WaiverExpiring { .. } => "waiver.expiring",
            Event::WaiverExpired { .. } => "waiver.expired",
            Event::BreakGlassAsked { .. } => "break-glass.asked",
            Event::BreakGlassOpened { .. } => "break-glass.opened",
            Event::BreakGlassExpired { .. } => "break-glass.expired",
            Event::BreakGlassClosed { .. } => "break-glass.closed",
            Event::WebhookAdded { .. } => "webhook.added",
            Event::WebhookChanged { .. } => "webhook.changed",
            Event::WebhookRemoved { .. } => "webhook.removed",
            Event::TrustedKeyAdded { .. } => "trusted-key.added",
            Event::TrustedKeyRemoved { .. } => "trusted-key.removed",
            Event::AttestationImported { .. } => "attestation.imported",
            Event::WitnessAdded { .. } => "witness.added",
            Event::WitnessRemoved { .. } => "witness.removed",
            Event::WitnessAlarm { .. } => "witness.alarm",
            Event::BodiesErased { .. } => "ledger.bodies-erased",
            Event::RestrictionChanged { .. } => "artifact.restriction-changed",
        }
    }

    /// Whether what may be served could differ afterwards, so that prepared answers are stale. What
    /// nothing was prepared for, such as a new revision, changes none; nor does a decision, which follows
    /// from facts whose change counts already.
    pub(crate) fn changes_answers(&self) -> bool {
        !matches!(
            self,
            Event::Pulled { .. }
                | Event::FilesQuarantined { .. }
                | Event::FetchMismatch { .. }
                | Event::RevisionListed { .. }
                | Event::RefMoved { from: None, .. }
                | Event::Decided { .. }
                | Event::AccountCreated { .. }
                | Event::PasswordChanged { .. }
                | Event::SignedIn { .. }
                | Event::SignInRefused { .. }
                | Event::SignedOut { .. }
                | Event::SessionsEnded { .. }
                | Event::RequestMade { .. }
                | Event::RequestWithdrawn { .. }
                | Event::RequestCommented { .. }
                | Event::RequestQuestioned { .. }
                | Event::RequestReplied { .. }
                | Event::RequestReassigned { .. }
                | Event::RequestOverdue { .. }
                | Event::RequestEscalated { .. }
                | Event::ApprovalExpiring { .. }
                | Event::ApprovalExpired { .. }
                | Event::WaiverExpiring { .. }
                | Event::WaiverExpired { .. }
                | Event::LanesChanged { .. }
                | Event::BreakGlassAsked { .. }
                | Event::WitnessAdded { .. }
                | Event::WitnessRemoved { .. }
                | Event::WitnessAlarm { .. }
                | Event::BodiesErased { .. }
                | Event::WebhookAdded { .. }
                | Event::WebhookChanged { .. }
                | Event::WebhookRemoved { .. }
                | Event::PolicyProposed { .. }
                | Event::PolicyWithdrawn { .. }
        )
    }
}
