/** One record with everything: raw line, fields, neighbours, its trace. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { api } from "../api/client";
import type { LogRecord, LogRow } from "../api/types";
import { useAnswer } from "../answer";
import { clock, dateTime, originOf } from "../format";
import { useKeys } from "../keys";
import { fieldName } from "../logquery";
import { go, link, setParams } from "../url";
import { ErrorNote, Fields, LevelMark } from "./Notes";

interface Props {
  id: string;
  onPick: (filter: string) => void;
  onClose: () => void;
}

export function LogDetail({ id, onPick, onClose }: Props): JSX.Element {
  const answer = useAnswer(id, (signal) => api.log(id, signal), 0, id);
  const record = answer.value;
  const trace = record?.trace_id ?? null;
  useKeys(trace === null ? {} : { Enter: () => { go(`/traces/${trace}`, { span: record?.span_id ?? null, record: id }); } });
  const pick = (name: string, value: string): void => { onPick(`${fieldName(name)}=${value}`); };
  return (
    <aside class="detail" aria-label="Record">
      <header>
        {record === null ? <span /> : <><LevelMark level={record.level} /><strong title={record.source ?? ""}>{originOf(record)}</strong><time>{dateTime(record.time_ms)}</time></>}
        <button type="button" class="icon" aria-label="Close (Esc)" title="Close (Esc)" onClick={onClose}>×</button>
      </header>
      <ErrorNote error={answer.error} />
      {record === null ? null : (
        <div class="detail-body">
          <p class="detail-message">{record.message}</p>
          {trace === null ? null : <TraceLink record={record} trace={trace} />}
          <section>
            <h3>Raw line</h3>
            <pre class="raw">{record.body}</pre>
          </section>
          {record.json === null ? null : <section><h3>Fields of the line</h3><Fields of={record.json} onPick={pick} /></section>}
          <section><h3>Attributes</h3><Fields of={record.attributes} onPick={pick} /></section>
          <section><h3>Resource</h3><Fields of={record.resource} onPick={pick} /></section>
          <section>
            <h3>Record</h3>
            <Fields of={{
              time: record.time,
              received: dateTime(record.received_ms),
              severity: `${record.severity_text === "" ? record.level : record.severity_text} (${record.severity_number})`,
              scope: record.scope.name,
              ...(record.file === null ? {} : { file: record.file.path, offset: record.file.offset }),
            }} />
          </section>
          <Context id={id} />
        </div>
      )}
    </aside>
  );
}

function TraceLink({ record, trace }: { record: LogRecord; trace: string }): JSX.Element {
  return (
    <a class={record.trace_exists ? "trace-link" : "trace-link trace-link-missing"} href={link(`/traces/${trace}`, { span: record.span_id, record: record.id })} data-trace={trace}>
      <strong>{record.trace_exists ? "Open its trace" : "Its trace is not here (yet)"}</strong>
      <code>{trace}</code>
    </a>
  );
}

function Context({ id }: { id: string }): JSX.Element {
  const [lines, setLines] = useState(5);
  const answer = useAnswer(`${id} ${lines}`, (signal) => api.context(id, lines, signal), 0, id);
  const context = answer.value;
  if (context === null) return <ErrorNote error={answer.error} />;
  const row = (each: LogRow): JSX.Element => (
    <button type="button" key={each.id} class={each.id === id ? "neighbour here" : "neighbour"} onClick={() => { setParams({ record: each.id }); }}>
      <time>{clock(each.time_ms)}</time><LevelMark level={each.level} /><span>{each.message}</span>
    </button>
  );
  return (
    <section>
      <h3>Around it in the {context.by} <button type="button" class="pick" onClick={() => { setLines(Math.min(100, lines * 3)); }}>more</button></h3>
      <div class="context">{context.before.map(row)}{row(context.record)}{context.after.map(row)}</div>
    </section>
  );
}
