-- One text for SQLite and PostgreSQL: TEXT, BIGINT and DOUBLE PRECISION only. Moments are microseconds
-- since 1970, flags are 0 or 1, ids are ULIDs, digests are lower-case hexadecimal, documents are JSON.
-- Never edited after release: a change is a new file.

CREATE TABLE instance (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE ledger_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    frontier TEXT NOT NULL,
    root TEXT NOT NULL
);

CREATE TABLE ledger_entry (
    position BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    leaf TEXT NOT NULL
);

CREATE TABLE checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    signed_at BIGINT NOT NULL
);

CREATE TABLE document (
    digest TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE source (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    tier BIGINT NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE source_pattern (
    source TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    tier BIGINT NOT NULL,
    PRIMARY KEY (source, pattern)
);

-- The secret is sealed before it comes here.
CREATE TABLE source_credential (
    source TEXT NOT NULL REFERENCES source (name) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (source, pattern)
);

CREATE TABLE reserved_name (
    pattern TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- `source` is no foreign key: what came in stays on record when its source is removed.
CREATE TABLE artifact (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL,
    source TEXT NOT NULL,
    restricted BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX artifact_folded ON artifact (folded, kind);

CREATE TABLE artifact_alias (
    kind TEXT NOT NULL,
    folded TEXT NOT NULL,
    artifact_id TEXT NOT NULL REFERENCES artifact (id),
    PRIMARY KEY (kind, folded)
);
CREATE INDEX artifact_alias_artifact ON artifact_alias (artifact_id);

CREATE TABLE moving_ref (
    artifact_id TEXT NOT NULL REFERENCES artifact (id),
    name TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    checked_at BIGINT NOT NULL,
    PRIMARY KEY (artifact_id, name)
);

CREATE TABLE revision (
    id TEXT NOT NULL PRIMARY KEY,
    artifact_id TEXT NOT NULL REFERENCES artifact (id),
    commit_id TEXT NOT NULL,
    manifest_digest TEXT,
    card TEXT NOT NULL,
    listed_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX revision_commit ON revision (artifact_id, commit_id);
CREATE INDEX revision_manifest ON revision (manifest_digest) WHERE manifest_digest IS NOT NULL;

CREATE TABLE blob (
    digest TEXT NOT NULL PRIMARY KEY,
    size_bytes BIGINT NOT NULL,
    git_oid TEXT,
    custody TEXT NOT NULL,
    quarantined_at BIGINT NOT NULL,
    judged_at BIGINT
);
CREATE INDEX blob_git_oid ON blob (git_oid) WHERE git_oid IS NOT NULL;
CREATE INDEX blob_custody ON blob (custody, digest);

CREATE TABLE revision_file (
    revision_id TEXT NOT NULL REFERENCES revision (id),
    path TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    git_oid TEXT NOT NULL,
    lfs_digest TEXT,
    digest TEXT REFERENCES blob (digest),
    PRIMARY KEY (revision_id, path)
);
CREATE INDEX revision_file_digest ON revision_file (digest, revision_id) WHERE digest IS NOT NULL;

CREATE TABLE scan (
    digest TEXT NOT NULL REFERENCES blob (digest),
    suffix TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    verdict TEXT NOT NULL,
    format TEXT NOT NULL,
    report TEXT NOT NULL,
    scanned_at BIGINT NOT NULL,
    PRIMARY KEY (digest, suffix, ruleset)
);

CREATE TABLE repository_scan (
    revision_id TEXT NOT NULL REFERENCES revision (id),
    ruleset TEXT NOT NULL,
    report TEXT NOT NULL,
    scanned_at BIGINT NOT NULL,
    PRIMARY KEY (revision_id, ruleset)
);

CREATE TABLE decision (
    id TEXT NOT NULL PRIMARY KEY,
    revision_id TEXT NOT NULL REFERENCES revision (id),
    environment TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reasons TEXT NOT NULL,
    policy TEXT NOT NULL REFERENCES document (digest),
    facts TEXT NOT NULL REFERENCES document (digest),
    decided_at BIGINT NOT NULL,
    superseded_at BIGINT
);
CREATE UNIQUE INDEX decision_current ON decision (revision_id, environment)
    WHERE superseded_at IS NULL;
CREATE INDEX decision_revision ON decision (revision_id, id);
CREATE INDEX decision_outcome ON decision (outcome, id) WHERE superseded_at IS NULL;

CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    environment TEXT NOT NULL,
    entitled TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX token_digest ON token (digest);
CREATE UNIQUE INDEX token_active_name ON token (name) WHERE revoked_at IS NULL;

CREATE TABLE download (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    caller TEXT NOT NULL,
    token_id TEXT REFERENCES token (id),
    environment TEXT NOT NULL,
    revision_id TEXT NOT NULL REFERENCES revision (id),
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    first_byte BIGINT NOT NULL,
    length_bytes BIGINT NOT NULL,
    client TEXT NOT NULL,
    address TEXT NOT NULL
);
CREATE INDEX download_revision ON download (revision_id, environment);
CREATE INDEX download_digest ON download (digest, id);

-- SHA-256 of nothing is the root of the empty tree (RFC 6962, section 2.1).
INSERT INTO ledger_head (id, size, frontier, root)
VALUES (1, 0, '[]', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

INSERT INTO instance (key, value) VALUES ('generation', '0');
