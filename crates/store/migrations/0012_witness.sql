-- Witnessing: the logs whose checkpoints this instance cosigns, the witnesses it asks itself, and what they said.

CREATE TABLE witnessed_log (
    origin TEXT NOT NULL PRIMARY KEY,
    vkey TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    root TEXT,
    cosigned_at BIGINT,
    alarmed_root TEXT
);

CREATE TABLE log_witness (
    name TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    vkey TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    cosigned_size BIGINT NOT NULL,
    asked_at BIGINT,
    trouble TEXT
);

CREATE TABLE cosignature (
    size BIGINT NOT NULL,
    witness TEXT NOT NULL,
    line TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (size, witness)
);
