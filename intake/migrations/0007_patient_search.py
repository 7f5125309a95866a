"""What patients are found by: one text for each, kept by triggers, under one trigram index."""

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

# Beside the patient, not in their row: the row's history would carry the same words again.
WORDS = """
CREATE TABLE intake_search (
    patient_id uuid PRIMARY KEY REFERENCES intake_patient ON DELETE CASCADE,
    words text NOT NULL
);
CREATE INDEX intake_search_by_trigram ON intake_search USING gin (words gin_trgm_ops);
-- Each word of a name or a town, once: a mistyped one is corrected here, among few and short texts.
-- A word that nobody has any more stays, and finds nobody.
CREATE TABLE intake_search_word (word text PRIMARY KEY);
CREATE INDEX intake_search_word_by_trigram ON intake_search_word USING gin (word gin_trgm_ops);

-- As it is looked for: without accents, capitals and apostrophes; all but letters and digits parts.
CREATE FUNCTION intake_plain(said text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT btrim(regexp_replace(
        translate(lower(unaccent('unaccent', said)), '''`', ''), '[^[:alnum:]]+', ' ', 'g'))
$$;

CREATE FUNCTION intake_search_names(person intake_patient) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT intake_plain(concat_ws(' ', person.given_name, person.family_name,
        (SELECT name FROM clinic_servicetown WHERE id = person.town_id), person.elsewhere))
$$;

CREATE FUNCTION intake_keep_words_of(person intake_patient) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    names constant text := intake_search_names(person);
BEGIN
    -- Each between spaces, so that a whole word and the beginning of one can be told.
    INSERT INTO intake_search VALUES (person.id, concat(' ', names, ' ', lower(person.email), ' ',
        regexp_replace(person.phone, '[^0-9]', '', 'g'), ' ', person.born, ' '))
    ON CONFLICT (patient_id) DO UPDATE SET words = excluded.words;
    -- In order: two who bring the same new words wait for each other one way round.
    INSERT INTO intake_search_word
    SELECT DISTINCT word FROM regexp_split_to_table(names, ' ') AS word
    WHERE length(word) > 2 ORDER BY word ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION intake_keep_search() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM intake_keep_words_of(NEW);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_search
    AFTER INSERT OR UPDATE OF given_name, family_name, born, phone, email, town_id, elsewhere
    ON intake_patient FOR EACH ROW EXECUTE FUNCTION intake_keep_search();

CREATE FUNCTION intake_keep_search_of_town() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Called as no column is: `person` is one, and would be meant instead of the row.
    PERFORM intake_keep_words_of(patient) FROM intake_patient AS patient
    WHERE patient.town_id = NEW.id ORDER BY patient.id;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_search AFTER UPDATE OF name ON clinic_servicetown
    FOR EACH ROW EXECUTE FUNCTION intake_keep_search_of_town();

SELECT intake_keep_words_of(patient) FROM intake_patient AS patient;
"""

# Every condition is for the index to answer, so they are put together for what was typed. Of names
# the words of the clinic's own that look alike are looked for too. A mistake early in a short word
# leaves few letters in a row as they were; letters that changed places leave fewest, and are put
# back one pair at a time. How much alike is a setting, for this search alone.
FIND = """
-- The extension's settings are known to a session that has used it, and then may be set.
SELECT similarity('', '');
CREATE FUNCTION intake_likely_words(name text) RETURNS TABLE (word text, likeness real)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp SET pg_trgm.similarity_threshold = 0.25
AS $$
    SELECT word, max(likeness) FROM (
        SELECT word, similarity(word, name) FROM intake_search_word WHERE word % name
        UNION ALL
        SELECT word, 0.9 FROM intake_search_word WHERE word IN (
            SELECT overlay(name PLACING reverse(substr(name, place, 2)) FROM place FOR 2)
            FROM generate_series(1, length(name) - 1) AS place
        )
    ) AS alike (word, likeness)
    WHERE length(name) > 2 AND NOT starts_with(word, name)
    GROUP BY word ORDER BY 2 DESC, word LIMIT 12
$$;

CREATE FUNCTION intake_find_patients(
    names text, numbers text[], births date[], addresses text[], at_most integer
) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_by text;
    ranked_by text;
BEGIN
    WITH patterns AS (
        -- A whole word, the beginning of one, and words that may have been meant.
        SELECT name, '% ' || name || ' %' AS pattern, 3 AS points
        FROM regexp_split_to_table(intake_plain(names), ' ') AS name WHERE name <> ''
        UNION ALL
        SELECT name, '% ' || name || '%', 2
        FROM regexp_split_to_table(intake_plain(names), ' ') AS name WHERE name <> ''
        UNION ALL
        SELECT name, '% ' || likely.word || ' %', likely.likeness
        FROM regexp_split_to_table(intake_plain(names), ' ') AS name,
            LATERAL intake_likely_words(name) AS likely
        UNION ALL
        -- The last digits of a number before some in its midst, or in a date of birth.
        SELECT number, '%' || number || ' %', 2 FROM unnest(numbers) AS number
        UNION ALL
        SELECT number, '%' || number || '%', 1 FROM unnest(numbers) AS number
        UNION ALL
        SELECT born::text, '% ' || born || ' %', 3 FROM unnest(births) AS born
        UNION ALL
        SELECT address, '% ' || replace(lower(address), '_', '\\_') || '%', 3
        FROM unnest(addresses) AS address
    ), asked AS (
        SELECT format('words LIKE ANY (%L)', array_agg(pattern)) AS condition,
            format('CASE %s END', string_agg(
                format('WHEN words LIKE %L THEN %s', pattern, points), ' ' ORDER BY points DESC
            )) AS points
        FROM patterns GROUP BY name
    )
    SELECT string_agg(asked.condition, ' AND '), string_agg(asked.points, ' + ')
    INTO found_by, ranked_by FROM asked;
    IF found_by IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'SELECT patient_id FROM intake_search WHERE %s ORDER BY %s DESC, words, 1 LIMIT %s',
        found_by, ranked_by, at_most);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0006_signed_protocol"),
        ("clinic", "0003_towns_and_profile"),
    ]
    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL([WORDS, FIND], migrations.RunSQL.noop),
    ]
