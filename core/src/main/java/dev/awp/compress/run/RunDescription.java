// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.run;

import dev.awp.calibration.CalibrationSet;
import dev.awp.calibration.saved.MomentsManifest;
import dev.awp.checkpoint.ModelName;
import dev.awp.compress.CompressionOptions;
import dev.awp.compress.Target;
import dev.awp.compute.Compute;
import dev.awp.constraint.RowSparsity;
import dev.awp.constraint.Sparsity;
import dev.awp.eval.Evaluator;
import dev.awp.format.ModelPlan;
import dev.awp.format.OutputFormat;
import dev.awp.recipe.Choice;
import dev.awp.recipe.LayerRule;
import dev.awp.recipe.LayerSettings;
import dev.awp.recipe.Recipe;
import dev.awp.report.TextReport;
import dev.awp.text.TextOptions;
import dev.awp.text.document.ReadFile;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What a report says of the options and the machine of a run. */
public final class RunDescription {
  private RunDescription() {}

  public static Map<String, String> environment(Compute compute) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    environment.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    environment.put("kernels", compute.kernels().name());
    environment.put("blas", compute.blas().name());
    if (!compute.lower().candidates().isEmpty()) {
      environment.put("bf16", compute.lower().candidates().getFirst().products().name());
    }
    environment.put("precision", compute.lower().mode().name().toLowerCase(Locale.ROOT));
    environment.put("threads", Integer.toString(compute.workers().threads()));
    return environment;
  }

  public static Map<String, Object> options(
      CompressionOptions options, ModelPlan plan, CalibrationSet calibration) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("model", ModelName.of(options.model()));
    options.structure().ifPresent(structure -> all.putAll(structure.describe()));
    describe(options.recipe(), all);
    all.put("formats", options.formats().stream().map(OutputFormat::name).toList());
    options.formats().forEach(format -> all.putAll(format.options()));
    if (!plan.untouched().isEmpty() && !options.recipe().isNothing()) {
      all.put("leftAlone", plan.untouched());
    }
    if (!options.recipe().isNothing()) {
      all.putAll(options.solver().describe());
    }
    if (!calibration.windows().isEmpty()) {
      all.put("calibration", names(options.calibration().files()));
      all.put("sequences", calibration.windows().size());
      all.put("sequencesWanted", options.calibration().sequences());
      all.put("sequenceLength", calibration.length());
      all.put("calibrationTextTokens", calibration.textTokens());
      all.put("calibrationTokens", calibration.checksum());
      all.put("seed", options.calibration().seed());
    }
    options.calibration().statistics().ifPresent(v -> all.put("statistics", fileName(v)));
    all.put("propagate", options.propagation().name());
    all.put("target", options.target().name());
    if (options.target() == Target.PROPAGATED) {
      all.put("targetShare", options.targetShare());
    }
    all.put("ridge", options.ridge());
    if (options.tuning() > 0) {
      all.put("tune", options.tuning());
    }
    all.put("maxShardBytes", options.maxShardBytes());
    all.put("evaluate", names(options.evaluation().files()));
    options.evaluation().sequenceLength().ifPresent(v -> all.put("evaluateLength", v));
    describe(options.texts(), all);
    if (options.requantize()) {
      all.put("requantize", true);
    }
    return all;
  }

  /** Which saved moments a run uses, beside their checksum among its inputs. */
  public static Map<String, Object> statistics(MomentsManifest used) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("statisticsKind", used.kind().name());
    all.put("statisticsOf", used.identity().describe());
    all.put("statisticsLength", used.identity().length());
    all.put("statisticsBy", used.origins().stream().map(Map::toString).toList());
    return all;
  }

  /** How texts become windows. */
  public static void describe(TextOptions texts, Map<String, Object> all) {
    texts.field().ifPresent(field -> all.put("textField", field));
    all.put("windows", texts.windows().name());
  }

  /** What the files of a run's texts were read as. */
  public static List<TextReport> texts(CalibrationSet calibration, Evaluator evaluator) {
    return Stream.concat(
            calibration.files().stream().map(file -> text("calibration", file)),
            evaluator.files().stream().map(file -> text("evaluation", file)))
        .toList();
  }

  private static TextReport text(String use, ReadFile file) {
    return new TextReport(
        use, file.name(), file.kind(), file.documents(), file.used(), file.dropped());
  }

  private static void describe(Recipe recipe, Map<String, Object> all) {
    LayerSettings defaults = recipe.defaults();
    defaults.sparsity().given().ifPresent(s -> all.put("sparsity", exact(s)));
    defaults.bits().given().ifPresent(bits -> all.put("bits", bits));
    // Rules that give bits take the rest of the grid from here.
    if (!(defaults.bits() instanceof Choice.None && recipe.rules().isEmpty())) {
      all.put("groupSize", defaults.groupSize());
      all.put("symmetric", defaults.symmetric().orElse(false));
    }
    defaults
        .blocks()
        .ifPresent(
            blocks -> all.put(defaults.ladder().isPresent() ? "ladder" : "blocks", blocks.word()));
    if (!defaults.givesWay()) {
      all.put("ggufFallback", "error");
    }
    recipe.budget().ifPresent(budget -> all.put("budget", budget.toString()));
    if (!recipe.rules().isEmpty()) {
      all.put("rules", recipe.rules().stream().map(LayerRule::toString).toList());
    }
    if (recipe.head()) {
      all.put("lmHead", true);
    }
    if (recipe.fused()) {
      all.put("fused", true);
    }
  }

  /** In words, with the number itself where the words round it. */
  private static String exact(Sparsity sparsity) {
    return sparsity instanceof RowSparsity(double ratio)
            && BigDecimal.valueOf(ratio).stripTrailingZeros().precision() > 4
        ? "%s (%s)".formatted(sparsity.describe(), ratio)
        : sparsity.describe();
  }

  /** Names of files, without their folders. */
  public static List<String> names(List<Path> files) {
    return files.stream().map(RunDescription::fileName).toList();
  }

  /** Names only: a report is published, and where the files lay is nobody's business. */
  public static String fileName(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }
}
