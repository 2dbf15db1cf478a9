-- Every event of every log as it arrived, in any order; the bytes are those of its own log.
CREATE TABLE app.collected (
    log text NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    stream text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    schema_version integer NOT NULL,
    payload bytea NOT NULL,
    metadata bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (log, position),
    UNIQUE (log, stream, version)
);

-- The one order over all logs: `index` is dense from 0 (as leaves of a tree are counted), and within a log positions
-- follow one another without a hole. An event whose predecessor has not arrived yet waits in `collected`.
CREATE TABLE app.sequence (
    index bigint PRIMARY KEY CHECK (index >= 0),
    log text NOT NULL,
    position bigint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    UNIQUE (log, position),
    FOREIGN KEY (log, position) REFERENCES app.collected (log, position)
);

-- The next index; its row lock makes one sequencer out of many workers.
CREATE TABLE app.sequence_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    next_index bigint NOT NULL
);

INSERT INTO app.sequence_head (next_index) VALUES (0);

REVOKE UPDATE, DELETE ON app.collected, app.sequence FROM :"app_role";
REVOKE INSERT, DELETE ON app.sequence_head FROM :"app_role";

CREATE TRIGGER collected_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON app.collected
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER sequence_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON app.sequence
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

ALTER TABLE app.collected ENABLE ALWAYS TRIGGER collected_is_never_changed;
ALTER TABLE app.sequence ENABLE ALWAYS TRIGGER sequence_is_never_changed;
