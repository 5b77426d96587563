-- The schema of version 1. docs/formats/store.md explains it.
CREATE TABLE seen(seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);
CREATE TABLE usage(signal INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE dropped(signal INTEGER NOT NULL, reason TEXT NOT NULL, records INTEGER NOT NULL,
    PRIMARY KEY(signal, reason)) WITHOUT ROWID;
INSERT INTO usage VALUES(0, 0, 0), (1, 0, 0), (2, 0, 0);

CREATE TABLE resource(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, service TEXT, attributes TEXT NOT NULL);
CREATE TABLE scope(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, version TEXT NOT NULL);

CREATE TABLE file(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name BLOB NOT NULL);
CREATE TABLE log(id INTEGER PRIMARY KEY, severity INTEGER NOT NULL, resource INTEGER NOT NULL, scope INTEGER NOT NULL,
    trace_id BLOB, span_id BLOB, file INTEGER, place INTEGER);
CREATE UNIQUE INDEX log_line ON log(file, place) WHERE file IS NOT NULL;
CREATE INDEX log_trace ON log(trace_id) WHERE trace_id IS NOT NULL;
CREATE TABLE log_body(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, observed INTEGER, received INTEGER NOT NULL,
    severity_text TEXT NOT NULL, body TEXT NOT NULL, message_start INTEGER, message_len INTEGER,
    attributes TEXT NOT NULL);
CREATE VIRTUAL TABLE log_text USING fts5(text, content='', contentless_delete=1, tokenize='ascii', detail=full);

CREATE TABLE operation(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, service TEXT, name TEXT NOT NULL,
    kind INTEGER NOT NULL);
CREATE TABLE span(id INTEGER PRIMARY KEY, trace_id BLOB NOT NULL, span_id BLOB NOT NULL, kind INTEGER NOT NULL,
    parent_id BLOB, operation INTEGER NOT NULL, status INTEGER NOT NULL, start INTEGER NOT NULL,
    duration INTEGER NOT NULL);
CREATE UNIQUE INDEX span_key ON span(trace_id, span_id, kind);
CREATE TABLE span_body(id INTEGER PRIMARY KEY, received INTEGER NOT NULL, resource INTEGER NOT NULL,
    scope INTEGER NOT NULL, status_message TEXT NOT NULL, attributes TEXT NOT NULL, events TEXT NOT NULL,
    links TEXT NOT NULL);
CREATE TABLE trace(trace_id BLOB PRIMARY KEY, start INTEGER NOT NULL, end INTEGER NOT NULL, spans INTEGER NOT NULL,
    errors INTEGER NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX trace_start ON trace(start);

CREATE TABLE series(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, labels TEXT NOT NULL,
    last INTEGER NOT NULL);
CREATE INDEX series_name ON series(name);
CREATE TABLE metadata(name TEXT PRIMARY KEY, kind INTEGER NOT NULL, unit TEXT NOT NULL, help TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE head(id INTEGER PRIMARY KEY, received INTEGER NOT NULL, time_min INTEGER NOT NULL,
    time_max INTEGER NOT NULL, samples INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE block(id INTEGER PRIMARY KEY, received INTEGER NOT NULL, time_min INTEGER NOT NULL,
    time_max INTEGER NOT NULL, samples INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE chunk(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE exemplar(series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL, trace_id BLOB,
    labels TEXT NOT NULL, PRIMARY KEY(series, time, value)) WITHOUT ROWID;
CREATE INDEX exemplar_time ON exemplar(time);
