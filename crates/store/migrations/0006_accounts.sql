-- People with accounts: what they are granted, their sessions of the console and their tokens, and how often
-- somebody has tried to sign in in vain.

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    -- A PHC string of argon2id; NULL while nobody can sign in by password.
    password TEXT,
    password_changed_at BIGINT,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);
-- A name is never given to somebody else: the ledger tells people apart by it.
CREATE UNIQUE INDEX account_name ON account (name);

CREATE TABLE account_grant (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    pattern TEXT NOT NULL,
    -- NULL: every environment.
    environment TEXT,
    includes_gated BIGINT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX account_grant_account ON account_grant (account_id, revoked_at);

-- A token of an account acts for it; one of a service answers no requests; one of neither is its own person.
ALTER TABLE token ADD COLUMN account_id TEXT REFERENCES account (id);
ALTER TABLE token ADD COLUMN service TEXT;
ALTER TABLE token ADD COLUMN last_used_at BIGINT;
CREATE INDEX token_account ON token (account_id, id);

CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    -- Who signed in; and the token, when it was with one.
    account_id TEXT REFERENCES account (id),
    token_id TEXT REFERENCES token (id),
    address TEXT NOT NULL,
    client TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX session_digest ON session (digest);
CREATE INDEX session_account ON session (account_id, created_at);

-- What failed: by account and address, by account, by address. Durable, so that a restart forgets nothing.
CREATE TABLE sign_in_failure (
    key TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    failed_at BIGINT NOT NULL,
    wait_until BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_at ON sign_in_failure (failed_at);
