// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import dev.awp.PlainText;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/** What commands print, with no characters that steer a terminal, wherever they came from. */
public final class PlainWriter extends FilterWriter {
  private PlainWriter(Writer out) {
    super(out);
  }

  /** The same destination; every line is flushed as before. */
  public static PrintWriter of(PrintWriter out) {
    return new PrintWriter(new PlainWriter(out), true);
  }

  @Override
  public void write(int c) throws IOException {
    out.write(PlainText.ofLines(Character.toString((char) c)));
  }

  @Override
  public void write(char[] buffer, int offset, int length) throws IOException {
    out.write(PlainText.ofLines(new String(buffer, offset, length)));
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    out.write(PlainText.ofLines(text.substring(offset, offset + length)));
  }
}
