-- A waiver sets one rule aside for the artifacts of a pattern in one environment, until a moment.

CREATE TABLE waiver (
    id TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    pattern TEXT NOT NULL,
    environment TEXT NOT NULL,
    because TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    role TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX waiver_environment ON waiver (environment, expires_at);
