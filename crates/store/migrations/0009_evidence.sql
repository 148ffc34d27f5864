-- Signed statements about revisions. Ours are kept without their payload: the list of subjects follows from the
-- files of the revision, which never change once it has a manifest. What came from outside is kept as it came.
-- `predicate` and `envelope` can be erased; the digests stay, and with them the ledger.

CREATE TABLE attestation (
    id TEXT NOT NULL PRIMARY KEY,
    revision_id TEXT NOT NULL REFERENCES revision (id),
    manifest_digest TEXT NOT NULL,
    about TEXT NOT NULL,
    predicate_type TEXT NOT NULL,
    grade TEXT NOT NULL,
    trusted_key TEXT,
    keyid TEXT NOT NULL,
    predicate TEXT,
    envelope TEXT,
    lists_files BIGINT NOT NULL,
    signatures TEXT NOT NULL,
    envelope_digest TEXT NOT NULL,
    payload_digest TEXT NOT NULL,
    position BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX attestation_about ON attestation (revision_id, about);
CREATE INDEX attestation_revision ON attestation (revision_id, position, id);
CREATE INDEX attestation_envelope ON attestation (envelope_digest);

-- Keys of others, each for some predicates about some artifacts.
CREATE TABLE trusted_key (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    keyid TEXT NOT NULL,
    pem TEXT NOT NULL,
    predicates TEXT NOT NULL,
    patterns TEXT NOT NULL,
    grade TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE UNIQUE INDEX trusted_key_active ON trusted_key (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX trusted_key_keyid ON trusted_key (keyid) WHERE removed_at IS NULL;
