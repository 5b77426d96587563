/** The books: an equation per signal and exporter, its terms under each other. */

import type { JSX } from "preact";

import type { Ledger } from "../api/types";
import { whole } from "../format";

export function LedgerTable({ ledger }: { ledger: Ledger }): JSX.Element {
  const rows = ledger.signals.flatMap((signal) => signal.exporters.map((account) => ({ signal: signal.signal, account })));
  return (
    <section>
      <h2>Ledger <small>received + recovered = delivered + held + dropped, for every signal and exporter</small></h2>
      <div class="scroll-x">
        <table class="table ledger">
          <thead>
            <tr>
              <th>Signal</th><th>Exporter</th>
              <th class="number">Received</th><th class="sign" /><th class="number">Recovered</th><th class="sign" />
              <th class="number">Delivered</th><th class="sign" /><th class="number">Held</th><th class="sign" /><th class="number">Dropped</th><th />
            </tr>
          </thead>
          <tbody>
            {rows.map(({ signal, account }) => (
              <tr key={`${signal} ${account.name}`} title={account.equation}>
                <td>{signal}</td><td>{account.name}</td>
                <td class="number">{whole(account.received + account.arriving)}</td><td class="sign">+</td>
                <td class="number">{whole(account.recovered)}</td><td class="sign">=</td>
                <td class="number">{whole(account.delivered)}</td><td class="sign">+</td>
                <td class="number">{whole(account.held)}</td><td class="sign">+</td>
                <td class={account.dropped + account.dropped_before_spool > 0 ? "number warn" : "number"}>{whole(account.dropped + account.dropped_before_spool)}</td>
                <td class={account.balances ? "verdict good" : "verdict bad"}>
                  {account.balances ? "✓ balances" : `✗ ${whole(account.imbalance)} missing`}
                  {account.before === 0 ? "" : ` (${whole(account.before)} went by before it came)`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
