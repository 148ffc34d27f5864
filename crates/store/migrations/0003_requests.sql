-- Requests to use a revision in an environment, and the answers to them. An approval is a request that
-- everybody who had to answer said yes to; it is for the bytes that the revision's manifest names.

CREATE TABLE request (
    id TEXT NOT NULL PRIMARY KEY,
    revision_id TEXT NOT NULL REFERENCES revision (id),
    environment TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    because TEXT NOT NULL,
    data_class TEXT NOT NULL,
    user_facing BIGINT NOT NULL,
    affects_people BIGINT NOT NULL,
    lane TEXT NOT NULL,
    needs TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    decided_at BIGINT,
    manifest_digest TEXT,
    expires_at BIGINT,
    conditions TEXT NOT NULL
);
CREATE UNIQUE INDEX request_open ON request (revision_id, environment) WHERE state = 'open';
CREATE INDEX request_revision ON request (revision_id, environment, state);
CREATE INDEX request_state ON request (state, id);
CREATE INDEX request_asked_by ON request (asked_by, id);

CREATE TABLE request_vote (
    request_id TEXT NOT NULL REFERENCES request (id),
    caller TEXT NOT NULL,
    role TEXT NOT NULL,
    is_yes BIGINT NOT NULL,
    comment TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (request_id, caller)
);
CREATE UNIQUE INDEX request_vote_role ON request_vote (request_id, role);
