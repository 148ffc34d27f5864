//! What the ledger says happened. One variant a kind of entry; the JSON here is what leaves are
//! made of, so a field is never renamed after release.

mod kind;
mod parts;

use std::collections::BTreeMap;

use serde::Serialize;

pub(crate) use self::parts::{
    CheckedRow, ErasedRun, JudgedFile, QuarantinedFile, RecalledFile, RefusedPull, RescannedFile,
    ServedPull,
};

/// One entry of the ledger.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "field names are the documentation: they are the ledger's words")]
pub enum Event {
    /// The data directory was made; the configuration gave the first version of the policy.
    InstanceCreated { version: &'static str, policy: String },
    /// Somebody wants another policy, which was tried out.
    PolicyProposed {
        version: u64,
        by: String,
        role: String,
        because: String,
        digest: String,
        base: u64,
        restores: Option<u64>,
        simulation: serde_json::Value,
    },
    /// A version of the policy decides from now on.
    PolicyActivated {
        version: u64,
        digest: String,
        by: String,
        proposed_by: String,
        restores: Option<u64>,
        /// The one who proposed it confirmed it, which the configuration allows.
        one_person: bool,
    },
    /// A proposal was taken back or refused.
    PolicyWithdrawn { version: u64, by: String },
    /// Another program gives the active version another text: what decisions name has changed.
    PolicyLoaded {
        version: u64,
        digest: String,
        program: &'static str,
        environments: BTreeMap<String, String>,
    },
    /// A source was added.
    SourceAdded { by: String, source: String, url: String, tier: u8 },
    /// A source changed its tier.
    SourceTierChanged { by: String, source: String, from: u8, to: u8 },
    /// The order in which sources are asked changed.
    SourcesReordered { by: String, order: Vec<String> },
    /// A source was removed.
    SourceRemoved { by: String, source: String },
    /// A pattern of a source's repositories got a tier of its own.
    SourcePatternSet { by: String, source: String, pattern: String, tier: u8 },
    /// A pattern was removed.
    SourcePatternRemoved { by: String, source: String, pattern: String },
    /// An upstream credential was stored; the ledger never holds the secret.
    SourceCredentialSet { by: String, source: String, pattern: String },
    /// An upstream credential was removed.
    SourceCredentialRemoved { by: String, source: String, pattern: String },
    /// A name is ours: it never falls through to a public source.
    NameReserved { by: String, pattern: String, reason: String },
    /// A reserved name was given up.
    NameUnreserved { by: String, pattern: String },
    /// A token was made.
    TokenCreated {
        by: String,
        token: String,
        name: String,
        role: String,
        environment: String,
        entitled_to: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<String>,
    },
    /// A token was revoked.
    TokenRevoked { by: String, token: String, name: String },
    /// An account was made.
    AccountCreated { by: String, account: String, display_name: String },
    /// An account was disabled; what it had open ended with it.
    AccountDisabled { by: String, account: String, sessions: u64, tokens: u64 },
    /// An account was enabled again.
    AccountEnabled { by: String, account: String },
    /// A role was granted.
    RoleGranted {
        by: String,
        account: String,
        grant: String,
        role: String,
        pattern: String,
        environment: Option<String>,
        includes_gated: bool,
    },
    /// A role was taken back.
    RoleRevoked { by: String, account: String, grant: String, role: String },
    /// A password was set; the ledger never holds it.
    PasswordChanged { by: String, account: String, sessions: u64 },
    /// Somebody opened a session of the console.
    SignedIn { by: String, with: &'static str },
    /// Somebody failed to sign in so often that the next try waits. Names of no account are not repeated.
    SignInRefused { account: Option<String>, wait_seconds: u64 },
    /// Somebody ended their session.
    SignedOut { by: String },
    /// Every session of an account was ended, by its owner or an administrator.
    SessionsEnded { by: String, account: String, sessions: u64 },
    /// A source said the first clear yes to a name; the name belongs to it from now on.
    NamePinned { artifact: String, source: String, asked_as: String },
    /// A branch or tag upstream points at another commit than before.
    RefMoved { artifact: String, reference: String, from: Option<String>, to: String },
    /// The file list of a commit was fixed.
    RevisionListed {
        artifact: String,
        source: String,
        commit: String,
        files: u64,
        total_bytes: u64,
    },
    /// Files were fetched whole, verified against what upstream promised, and are held.
    FilesQuarantined { artifact: String, commit: String, files: Vec<QuarantinedFile> },
    /// Files were scanned and judged.
    FilesJudged {
        artifact: String,
        commit: String,
        ruleset: String,
        sandboxed: bool,
        files: Vec<JudgedFile>,
    },
    /// Files and revisions were looked at again by other rules, which found none of them worse.
    Rescanned {
        ruleset: String,
        sandboxed: bool,
        files: u64,
        revisions: u64,
        better: Vec<RescannedFile>,
    },
    /// Other rules think worse of a file, or of the files of a revision together.
    VerdictWorsened {
        artifact: Option<String>,
        commit: Option<String>,
        path: Option<String>,
        digest: Option<String>,
        before: &'static str,
        verdict: &'static str,
        /// The rules of the scanner that object.
        rules: Vec<String>,
        custody: Option<&'static str>,
        /// How many revisions have the file.
        revisions: u64,
        ruleset_before: String,
        ruleset: String,
        sandboxed: bool,
    },
    /// Upstream sent other bytes than it promised; nothing was kept.
    FetchMismatch { artifact: String, commit: String, path: String, promised: String, got: String },
    /// Policy decided.
    Decided {
        decision: String,
        artifact: String,
        commit: Option<String>,
        environment: String,
        outcome: &'static str,
        rules: Vec<String>,
        policy: String,
        facts: String,
        /// The commit whose approval it rests on, when that was carried over.
        #[serde(skip_serializing_if = "Option::is_none")]
        carried_over_from: Option<String>,
    },
    /// Bytes that were released are recalled, wherever they are.
    FilesRecalled {
        by: String,
        artifact: String,
        commit: String,
        because: String,
        files: Vec<RecalledFile>,
    },
    /// A batch of pulls: what was served and what was refused.
    Pulled { served: Vec<ServedPull>, refused: Vec<RefusedPull> },
    /// Somebody asked for a revision in an environment.
    RequestMade {
        request: String,
        by: String,
        artifact: String,
        commit: String,
        environment: String,
        because: String,
        use_case: String,
        data: String,
        residency: Option<String>,
        user_facing: bool,
        affects_people: bool,
        affected: Option<String>,
        lane: String,
        needs: Vec<String>,
        /// The decision table it was made under, and what its rows came to.
        table: String,
        rows: Vec<CheckedRow>,
    },
    /// Somebody answered a request; the last yes approves, any no rejects.
    RequestAnswered {
        request: String,
        by: String,
        role: String,
        answer: &'static str,
        comment: String,
        state: &'static str,
        manifest: Option<String>,
        expires_at: Option<String>,
        conditions: String,
        /// The rows of the decision table that this yes answers for: declared, by whoever said it.
        attests: Vec<String>,
    },
    /// The decision table changed.
    LanesChanged { by: String, from: String, to: String, shipped: bool },
    /// A rule was set aside for some artifacts.
    WaiverGranted {
        waiver: String,
        by: String,
        role: String,
        rule: String,
        pattern: String,
        environment: String,
        because: String,
        expires_at: String,
    },
    /// A waiver ended before its time.
    WaiverRevoked { waiver: String, by: String },
    /// A waiver ends soon.
    WaiverExpiring {
        waiver: String,
        rule: String,
        pattern: String,
        environment: String,
        granted_by: String,
        role: String,
        expires_at: String,
    },
    /// A waiver has ended: its rule holds again.
    WaiverExpired {
        waiver: String,
        rule: String,
        pattern: String,
        environment: String,
        granted_by: String,
        role: String,
        expires_at: String,
    },
    /// Somebody said something about a request.
    RequestCommented { request: String, by: String, role: String, text: String },
    /// Somebody asked back: the request waits for whoever made it.
    RequestQuestioned { request: String, by: String, role: String, asked_by: String, text: String },
    /// The question was replied to: the request goes on.
    RequestReplied { request: String, by: String, role: String, text: String },
    /// The part of a role was given to one person.
    RequestReassigned { request: String, by: String, part: String, to: String, because: String },
    /// The part of a role is late.
    RequestOverdue {
        request: String,
        artifact: String,
        environment: String,
        part: String,
        assignee: Option<String>,
        due_at: Option<String>,
        escalates_to: String,
    },
    /// The part of a role was escalated: by somebody, or because it is late.
    RequestEscalated {
        request: String,
        by: String,
        artifact: String,
        environment: String,
        part: String,
        to: String,
        because: String,
    },
    /// An approval ends soon.
    ApprovalExpiring {
        request: String,
        artifact: String,
        commit: String,
        environment: String,
        asked_by: String,
        expires_at: String,
    },
    /// An approval has ended.
    ApprovalExpired {
        request: String,
        artifact: String,
        commit: String,
        environment: String,
        asked_by: String,
        expires_at: String,
    },
    /// A request was taken back.
    RequestWithdrawn { request: String, by: String },
    /// Somebody wants rules lifted in an emergency; a second person has to confirm it.
    BreakGlassAsked {
        break_glass: String,
        by: String,
        role: String,
        pattern: String,
        environment: String,
        because: String,
        expires_at: String,
    },
    /// Rules are lifted in an emergency. Without a second person it is an alarm.
    BreakGlassOpened {
        break_glass: String,
        by: String,
        role: String,
        confirmed_by: Option<String>,
        pattern: String,
        environment: String,
        because: String,
        expires_at: String,
    },
    /// The time of a break-glass is over, and nobody has looked at what came through.
    BreakGlassExpired {
        break_glass: String,
        opened_by: String,
        pattern: String,
        environment: String,
        expires_at: String,
    },
    /// Somebody other than its opener has looked at what came through.
    BreakGlassClosed {
        break_glass: String,
        by: String,
        opened_by: String,
        was: &'static str,
        review: String,
    },
    /// Somebody is told about events from now on; the ledger holds neither address nor secret.
    WebhookAdded { by: String, webhook: String, name: String, host: String, topics: Vec<String> },
    /// A receiver is told nothing any more, or again, or has another secret.
    WebhookChanged {
        by: String,
        webhook: String,
        name: String,
        change: &'static str,
        because: Option<String>,
    },
    /// A receiver was removed, with everything that was on its way to it.
    WebhookRemoved { by: String, webhook: String, name: String },
    /// Envelopes of others that this key signed are taken from now on.
    TrustedKeyAdded {
        by: String,
        name: String,
        keyid: String,
        predicates: Vec<String>,
        patterns: Vec<String>,
        grade: &'static str,
    },
    /// A key is trusted no longer.
    TrustedKeyRemoved { by: String, name: String, keyid: String },
    /// An envelope of somebody else was taken.
    AttestationImported {
        by: String,
        artifact: String,
        commit: String,
        manifest: String,
        predicate_type: String,
        grade: &'static str,
        key: String,
        keyid: String,
    },
    /// A log is cosigned here from now on, or a witness asked.
    WitnessAdded { by: String, name: String, role: &'static str, key: String },
    /// A log or a witness was forgotten.
    WitnessRemoved { by: String, name: String },
    /// A log signed two histories, or lost the end of its own.
    WitnessAlarm {
        log: String,
        what: String,
        known_size: u64,
        known_root: Option<String>,
        size: u64,
        root: Option<String>,
    },
    /// Bodies of entries were erased; whose they were is not said.
    BodiesErased {
        by: String,
        because: String,
        what: &'static str,
        kinds: Vec<String>,
        before: Option<String>,
        entries: Vec<ErasedRun>,
    },
    /// Upstream made a repository gated or private, or open again.
    RestrictionChanged { artifact: String, restricted: bool },
}
