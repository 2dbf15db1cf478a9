"""Let the keyring's role destroy keys, and nothing else: through one function, which tells every process at once."""

from shared.database.migration_env import attribute, forward_only, run_script

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Make `keyring.destroy`: keys of places go, and where none was yet none can be made any more."""
    role = attribute("app_role")
    run_script(f"""
        CREATE FUNCTION keyring.destroy(subjects uuid[], matters uuid[])
            RETURNS TABLE (key_id uuid, subject uuid, matter uuid, destroyed_at timestamptz)
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        #variable_conflict use_column
        DECLARE told bigint;
        BEGIN
            WITH changed AS (
                INSERT INTO keyring.data_keys AS k (key_id, subject, matter, suite, kek_id, destroyed_at)
                SELECT gen_random_uuid(), place.subject, place.matter, 'NONE', 'none', clock_timestamp()
                FROM (SELECT DISTINCT s, m FROM unnest(subjects, matters) AS asked (s, m)) AS place (subject, matter)
                WHERE NOT EXISTS (
                    SELECT FROM keyring.data_keys AS d
                    WHERE (d.subject, d.matter) = (place.subject, place.matter) AND d.destroyed_at IS NOT NULL
                )
                ORDER BY place.subject, place.matter
                ON CONFLICT (subject, matter) DO UPDATE SET wrapped = NULL, destroyed_at = clock_timestamp()
                    WHERE k.destroyed_at IS NULL
                RETURNING k.subject, k.matter
            )
            SELECT count(pg_notify('keyring_destroyed', changed.subject || '/' || changed.matter))
            INTO told FROM changed;
            RETURN QUERY
                SELECT k.key_id, k.subject, k.matter, k.destroyed_at FROM keyring.data_keys AS k
                JOIN (SELECT DISTINCT s, m FROM unnest(subjects, matters) AS asked (s, m)) AS place
                    ON (k.subject, k.matter) = (place.s, place.m);
        END $$;
        REVOKE ALL ON FUNCTION keyring.destroy(uuid[], uuid[]) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION keyring.destroy(uuid[], uuid[]) TO "{role}";
    """)  # noqa: S608 - the name of a role


def downgrade() -> None:
    """Refuse: what was destroyed cannot come back."""
    forward_only()
