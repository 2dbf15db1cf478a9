-- The tables of one log. Role and log names are psql variables: :"app_role", :"bus_role", :'log'.
CREATE SCHEMA log;

-- The one row whose lock orders the log: positions are given as head + n while it is held, so a hole is a loss.
-- stopped: why nothing may be appended at present.
CREATE TABLE log.head (
    log text PRIMARY KEY CHECK (log ~ '^[a-z][a-z_]{0,62}$'),
    position bigint NOT NULL CHECK (position >= 0),
    recorded_at timestamptz NOT NULL,
    stopped text CHECK (octet_length(stopped) <= 100)
);

CREATE UNIQUE INDEX head_is_one_row ON log.head ((true));

INSERT INTO log.head (log, position, recorded_at) VALUES (:'log', 0, 'epoch');

-- The uniqueness of (stream, version) and event_id is checked under the head's lock; the constraints are the proof.
-- Patterns are checked by the appender: regular expressions would take as long here as all else that a row needs.
CREATE TABLE log.events (
    position bigint PRIMARY KEY CHECK (position > 0),
    stream text NOT NULL CHECK (
        strpos(stream, '-') = octet_length(stream) - 36 AND right(stream, 36) = right(stream, 36)::uuid::text
    ),
    version bigint NOT NULL CHECK (version > 0),
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL CHECK (octet_length(type) BETWEEN 1 AND 100),
    schema_version integer NOT NULL CHECK (schema_version > 0),
    payload bytea NOT NULL CHECK (octet_length(payload) BETWEEN 2 AND 262144),
    metadata bytea NOT NULL CHECK (octet_length(metadata) BETWEEN 2 AND 8192),
    recorded_at timestamptz NOT NULL,
    UNIQUE (stream, version)
);

-- Where a page for a reader ends before its time (EventLog.read_page): a log without such events pays nothing for it.
CREATE INDEX events_large ON log.events (position) WHERE octet_length(payload) + octet_length(metadata) > 8192;

-- What a repeated request is answered with: never a body (design §9).
CREATE TABLE log.idempotency (
    scope text NOT NULL CHECK (octet_length(scope) <= 512),
    key text NOT NULL CHECK (octet_length(key) <= 255),
    digest bytea NOT NULL CHECK (octet_length(digest) <= 64),
    status integer NOT NULL,
    location text CHECK (octet_length(location) <= 2048),
    stream text NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    append_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_by_age ON log.idempotency (recorded_at);

-- How far each consumer of another log has come in each stream of it. append_id: the append that moved it, if any.
CREATE TABLE log.inbox (
    consumer text NOT NULL,
    log text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    event_id uuid NOT NULL,
    append_id uuid,
    PRIMARY KEY (consumer, log, stream)
);

CREATE TABLE log.timers (
    stream text NOT NULL,
    name text NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
    due_at timestamptz NOT NULL,
    PRIMARY KEY (stream, name)
);

CREATE INDEX timers_by_due_at ON log.timers (due_at);

-- Who does a thing that only one may do, on the database's clock; the epoch grows with every holder and fences the last.
CREATE TABLE log.lease (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch > 0),
    until timestamptz NOT NULL
);

-- One row for each generation of a read model; its tables stand in the schema view_<name>_<generation>.
CREATE TABLE log.read_models (
    name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    generation integer NOT NULL CHECK (generation > 0),
    model_version integer NOT NULL,
    state text NOT NULL CHECK (state IN ('building', 'active', 'previous')),
    position bigint NOT NULL DEFAULT 0,
    error text,
    PRIMARY KEY (name, generation)
);

CREATE UNIQUE INDEX read_models_one_active ON log.read_models (name) WHERE state = 'active';
