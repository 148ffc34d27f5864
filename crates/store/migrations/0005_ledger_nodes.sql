-- The roots of complete subtrees of 256, 65,536, … entries: the hashes of tiles above the leaves. A ledger from
-- before has none for its first entries; they are computed from the leaves then.

CREATE TABLE ledger_node (
    level BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, position)
);
