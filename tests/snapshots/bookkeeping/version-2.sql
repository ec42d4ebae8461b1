CREATE SCHEMA IF NOT EXISTS "starjoin";

CREATE TABLE IF NOT EXISTS "starjoin".ledger (
  part VARCHAR(64) NOT NULL,
  batch VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  epoch BIGINT NOT NULL,
  row_count BIGINT NOT NULL,
  byte_count BIGINT NOT NULL,
  url VARCHAR(1024) NOT NULL,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at);

CREATE TABLE IF NOT EXISTS "starjoin".fence (
  application VARCHAR(128) NOT NULL,
  start_number BIGINT NOT NULL,
  taken_at TIMESTAMP NOT NULL
) DISTSTYLE ALL;

CREATE TABLE IF NOT EXISTS "starjoin".account (
  part VARCHAR(64) NOT NULL,
  stream VARCHAR(128) NOT NULL,
  shard VARCHAR(128) NOT NULL,
  first_sequence_number VARCHAR(129) NOT NULL,
  last_sequence_number VARCHAR(129) NOT NULL,
  records_read BIGINT NOT NULL,
  dead_lettered BIGINT NOT NULL,
  passed_over BIGINT NOT NULL,
  below_floor BIGINT NOT NULL,
  last_arrival_ms BIGINT,
  loaded_at TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY (loaded_at);
