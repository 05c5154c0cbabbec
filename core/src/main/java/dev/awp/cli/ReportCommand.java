// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.cli;

import dev.awp.report.ReportFile;
import dev.awp.report.page.HtmlReport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code awp report OUT_DIR}: report.html anew. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    header = "Write report.html of a compressed model anew, from its report.json.",
    description = {"", "compress writes both; this is for reports of other versions.", ""})
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "OUT_DIR", description = "What compress has written.")
  private Path folder;

  @Override
  public Integer call() {
    HtmlReport.write(ReportFile.read(folder), folder);
    spec.commandLine().getOut().println("written: " + HtmlReport.of(folder));
    return 0;
  }
}
