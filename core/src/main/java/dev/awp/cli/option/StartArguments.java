// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli.option;

import dev.awp.compress.Start;
import picocli.CommandLine.Option;

/** What to do with an unfinished run: at most one of them. */
public final class StartArguments {
  @Option(
      names = "--resume",
      description = {
        "Go on with the unfinished run beside OUT_DIR, and refuse where there is none. Without"
            + " this, a run goes on where there is one of the same inputs and options."
      })
  private boolean resume;

  @Option(
      names = "--restart",
      description = "Throw an unfinished run beside OUT_DIR away and begin anew.")
  private boolean restart;

  public Start toStart() {
    if (resume) {
      return Start.RESUME;
    }
    return restart ? Start.RESTART : Start.CONTINUE;
  }
}
