-- Whom to tell, and how far that is. What is told are entries of the ledger: `next_position` is the first one that
-- was not looked at yet, and a delivery is one entry on its way to one receiver.

CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    topics TEXT NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_until BIGINT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    disabled_because TEXT,
    next_position BIGINT NOT NULL
);
CREATE UNIQUE INDEX webhook_name ON webhook (name);

CREATE TABLE webhook_delivery (
    webhook_id TEXT NOT NULL REFERENCES webhook (id),
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    status BIGINT,
    trouble TEXT,
    settled_at BIGINT,
    PRIMARY KEY (webhook_id, position)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, state, due_at);

-- Break-glass: every rule at gate `use` lifted for some artifacts in one environment, for hours, and listed until
-- somebody else has looked at it.

CREATE TABLE break_glass (
    id TEXT NOT NULL PRIMARY KEY,
    pattern TEXT NOT NULL,
    environment TEXT NOT NULL,
    because TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_role TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    needs_second BIGINT NOT NULL,
    confirmed_by TEXT,
    confirmed_at BIGINT,
    expires_at BIGINT NOT NULL,
    expiry_told_at BIGINT,
    closed_by TEXT,
    closed_at BIGINT,
    review TEXT
);
CREATE INDEX break_glass_environment ON break_glass (environment, expires_at);
