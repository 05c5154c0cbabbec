// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.inspect.values.Difference;
import dev.awp.inspect.values.ValueDifference;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A difference as a table: a line for each weight that differs. */
public final class DifferenceTable {
  private DifferenceTable() {}

  public static void print(Difference difference, boolean all, PrintWriter out) {
    long same = difference.weights().stream().filter(Difference.Entry::isSame).count();
    long bytesBefore = bytes(difference, Difference.Entry::before);
    long bytesAfter = bytes(difference, Difference.Entry::after);
    out.printf(
        Locale.ROOT,
        "%,d weights in both: %,d the same, %,d differ; %s before, %s after%n",
        difference.weights().size(),
        same,
        difference.weights().size() - same,
        Printable.bytes(bytesBefore),
        Printable.bytes(bytesAfter));
    printNames("only in A", difference.onlyBefore(), out);
    printNames("only in B", difference.onlyAfter(), out);
    TextTable table =
        new TextTable("weight", "shape", "storage", "error", "changed %", "max", "zeros %");
    for (Difference.Entry entry : difference.weights()) {
      if (all || !entry.isSame()) {
        add(entry, table);
      }
    }
    if (!table.isEmpty()) {
      out.println();
      table.print(out);
    }
  }

  private static long bytes(
      Difference difference, Function<Difference.Entry, Difference.Form> side) {
    return difference.weights().stream().map(side).mapToLong(Difference.Form::bytes).sum();
  }

  private static void printNames(String where, List<String> names, PrintWriter out) {
    for (String name : names) {
      out.println(where + ": " + Printable.text(name));
    }
  }

  private static void add(Difference.Entry entry, TextTable table) {
    String name = change(entry.name(), entry.nameAfter());
    String shape = change(entry.before().shape().toString(), entry.after().shape().toString());
    String storage = change(entry.before().storage(), entry.after().storage());
    Optional<ValueDifference> values = entry.values();
    if (values.isEmpty()) {
      table.add(name, shape, storage, "-", "-", "-", "-");
      return;
    }
    ValueDifference v = values.get();
    table.add(
        name,
        shape,
        storage,
        String.format(Locale.ROOT, "%.3g", v.relativeError()),
        Printable.percent(v.changed()),
        String.format(Locale.ROOT, "%.3g", v.largest()),
        change(Printable.percent(v.sparsityBefore()), Printable.percent(v.sparsityAfter())));
  }

  private static String change(String before, String after) {
    return before.equals(after) ? before : before + " -> " + after;
  }
}
