/** As much of the protobuf wire format as an OTLP trace request needs. */

function varint(value) {
  let rest = BigInt(value);
  const bytes = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

const bytesField = (field, bytes) => Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
const text = (field, value) => bytesField(field, Buffer.from(value));
const number = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);

function fixed64(field, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return Buffer.concat([varint((field << 3) | 1), bytes]);
}

/** opentelemetry.proto.common.v1.KeyValue */
function attribute(field, [key, value]) {
  const any = typeof value === "number" ? number(3, value) : text(1, value);
  return bytesField(field, Buffer.concat([text(1, key), bytesField(2, any)]));
}

/** opentelemetry.proto.trace.v1.Span */
function span(it) {
  const event = (each) => bytesField(11, Buffer.concat([
    fixed64(1, each.time), text(2, each.name), ...Object.entries(each.attributes ?? {}).map((pair) => attribute(3, pair)),
  ]));
  return Buffer.concat([
    bytesField(1, Buffer.from(it.traceId, "hex")),
    bytesField(2, Buffer.from(it.spanId, "hex")),
    ...(it.parent ? [bytesField(4, Buffer.from(it.parent, "hex"))] : []),
    text(5, it.name), number(6, it.kind), fixed64(7, it.start), fixed64(8, it.end),
    ...Object.entries(it.attributes ?? {}).map((pair) => attribute(9, pair)),
    ...(it.events ?? []).map(event),
    ...(it.error ? [bytesField(15, Buffer.concat([text(2, it.error), number(3, 2)]))] : []),
  ]);
}

/** opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest */
export function traceRequest(spans) {
  const services = new Map();
  for (const each of spans) services.set(each.service, [...(services.get(each.service) ?? []), each]);
  return Buffer.concat([...services].map(([service, own]) => bytesField(1, Buffer.concat([
    bytesField(1, attribute(1, ["service.name", service])),
    bytesField(2, Buffer.concat([bytesField(1, text(1, "shop")), ...own.map((each) => bytesField(2, span(each)))])),
  ]))));
}
