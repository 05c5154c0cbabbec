// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.print;

import java.io.IOError;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/**
 * The line of a terminal that the progress bar is drawn on. JLine is asked for the width, each time
 * anew, and for nothing else: with its signal handlers Ctrl-C would end the JVM at once, before a
 * run has told what is saved.
 */
final class TerminalLine implements ProgressBarConsumer {
  private static final int USUAL_WIDTH = 80;

  private final PrintStream out;
  private final Terminal terminal;
  private int drawn;

  private TerminalLine(PrintStream out, Terminal terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** The terminal that standard error is. */
  static TerminalLine standardError() {
    try {
      return new TerminalLine(
          System.err,
          TerminalBuilder.builder()
              .system(true)
              .systemOutput(TerminalBuilder.SystemOutput.SysErr)
              .dumb(true) // in silence, where it can do nothing
              .nativeSignals(false)
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One less than the width: a full line would make some terminals begin another. */
  @Override
  public int getMaxRenderedLength() {
    try {
      int width = terminal.getWidth();
      return (width > 1 ? width : USUAL_WIDTH) - 1;
    } catch (IOError e) {
      return USUAL_WIDTH - 1; // the terminal was closed
    }
  }

  @Override
  public void accept(String text) {
    String blanks =
        " ".repeat(Math.max(0, Math.min(drawn, getMaxRenderedLength()) - text.length()));
    drawn = text.length();
    out.print("\r" + text + blanks);
    out.flush();
  }

  @Override
  public void close() {
    out.println();
    out.flush();
    try {
      terminal.close();
    } catch (IOException | IOError e) {
      return; // it was closed before
    }
  }
}
