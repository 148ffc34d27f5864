-- Versions of the policy: what people proposed and confirmed, and what the configuration said when nobody had.
-- `base` is the version that was active when one was proposed; `effective` names what decisions are made by.
-- `restores` is the earlier version that one brings back; 0 is none.

CREATE TABLE policy_version (
    number BIGINT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL REFERENCES document (digest),
    origin TEXT NOT NULL,
    base BIGINT NOT NULL,
    restores BIGINT NOT NULL,
    state TEXT NOT NULL,
    because TEXT NOT NULL,
    simulation TEXT NOT NULL,
    effective TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    settled_by TEXT,
    settled_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX policy_version_active ON policy_version (state) WHERE state = 'active';
