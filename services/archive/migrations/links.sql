-- How an erasure is judged without reading everything that was ever collected; app_role is a psql variable.
CREATE FUNCTION app.matter_of(metadata bytea) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN convert_from(metadata, 'UTF8')::jsonb ->> 'matter';

-- Every id with which a string of a payload ends: that of a party, of the subject of a sealed text, of `person-<id>`.
CREATE FUNCTION app.ids_in(payload bytea) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
    SELECT right(part, 36) FROM unnest(string_to_array(convert_from(payload, 'UTF8'), '"')) AS part
    WHERE right(part, 36) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
);

CREATE INDEX collected_by_matter ON app.collected (app.matter_of(metadata));

CREATE INDEX collected_by_id ON app.collected USING gin (app.ids_in(payload));

CREATE INDEX dossiers_by_matter ON log.events (app.matter_of(metadata)) WHERE type = 'DossierOpened';

REVOKE ALL ON FUNCTION app.matter_of, app.ids_in FROM PUBLIC;

GRANT EXECUTE ON FUNCTION app.matter_of, app.ids_in TO :"app_role";
