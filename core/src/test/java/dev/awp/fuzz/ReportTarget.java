// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.fuzz;

import dev.awp.compress.CompressionListener;
import dev.awp.compute.Compute;
import dev.awp.report.ReportFile;
import dev.awp.report.page.HtmlReport;
import dev.awp.verify.Verification;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** report.json, as verify and report read it. */
final class ReportTarget implements FuzzTarget {
  @Override
  public String name() {
    return "report";
  }

  @Override
  public Mutation mutation() {
    return new JsonMutation(
        List.of(
            "../../outside",
            "/etc/passwd",
            "sparsity",
            "2:4",
            "0:0",
            "F32",
            "I64",
            "NaN",
            "formats"));
  }

  @Override
  public Prepared prepare(Path folder, Compute compute) throws IOException {
    Path model = SmallModels.compressed(folder, "--bits", "4", "--sparsity", "2:4");
    Path file = model.resolve(ReportFile.NAME);
    return new Prepared(
        file,
        List.of(Files.readAllBytes(file)),
        () -> {
          var _ = Verification.of(model, compute, new CompressionListener() {});
          HtmlReport.write(ReportFile.read(model), model);
        });
  }
}
