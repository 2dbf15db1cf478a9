-- What nobody may do to the log, the owner and a superuser included (design §5).
CREATE FUNCTION log.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION log.refuse_stranger() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('rongcuo.appending', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'events are written by log.append only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER events_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TRIGGER events_come_through_append BEFORE INSERT ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_stranger();

ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_changed;

ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_come_through_append;

-- Two that move one watermark at the same time: the second is sent back (and then finds a duplicate).
CREATE FUNCTION log.refuse_watermark_back() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a watermark only moves forward' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER watermarks_move_forward BEFORE UPDATE ON log.inbox
    FOR EACH ROW EXECUTE FUNCTION log.refuse_watermark_back();
