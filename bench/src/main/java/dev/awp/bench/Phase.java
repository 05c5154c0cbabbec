// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.bench;

import dev.awp.calibration.CrossMoment;
import dev.awp.calibration.DriftTarget;
import dev.awp.calibration.DriftedSite;
import dev.awp.calibration.ForwardTrial;
import dev.awp.calibration.SecondMoment;
import dev.awp.calibration.StepMoments;
import dev.awp.compress.run.ModelOutput;
import dev.awp.compress.walk.LayerCompressor;
import dev.awp.solver.precision.PrecisionCheck;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a compression does at a time, told by the methods that are under way. The product knows
 * nothing of phases: RooflineTest notices where a method gets another name.
 */
enum Phase {
  /** Weights decoded and made ready, products, attention, norms. */
  ORIGINAL("forward, original's stream"),

  /** The same; with one stream only, this one. */
  COMPRESSED("forward, compressed stream"),

  SECOND_MOMENTS("second moments C"),
  DRIFT("drift moments D and R"),
  TARGETS("targets"),
  SOLVE("solve"),
  OUTPUT("weights, encoding, writing, reading back"),

  /** Texts, checks, the trial of a lower precision, the report. */
  REST("the rest");

  private static final String ANY = "";
  private static final Map<String, Map<String, Phase>> METHODS = new HashMap<>();

  static {
    ORIGINAL.does(StepMoments.class.getName(), "expect");
    ORIGINAL.does(walk("BlockCompressor"), "pass");
    COMPRESSED.does(StepMoments.class.getName(), "observe");
    COMPRESSED.does(walk("BlockCompressor"), "compress");
    COMPRESSED.does(walk("BlockCompressor"), "finish");
    SECOND_MOMENTS.does(SecondMoment.class.getName(), ANY);
    SECOND_MOMENTS.does("dev.awp.calibration.ChunkInputs", "of");
    DRIFT.does(CrossMoment.class.getName(), ANY);
    DRIFT.does(StepMoments.class.getName() + "$Seen", ANY);
    DRIFT.does(StepMoments.class.getName(), "subtract");
    TARGETS.does(DriftedSite.class.getName(), ANY);
    TARGETS.does(DriftTarget.class.getName(), ANY);
    SOLVE.does(PrecisionCheck.class.getName(), ANY);
    OUTPUT.does(LayerCompressor.class.getName(), ANY);
    OUTPUT.does(walk("SiteCompressor"), ANY);
    OUTPUT.does(ModelOutput.class.getName(), ANY);
    OUTPUT.does("dev.awp.compress.run.WriteBehind", ANY);
    OUTPUT.does("dev.awp.compress.run.FileSums", ANY);
    REST.does(ForwardTrial.class.getName(), ANY);
    REST.does(walk("BlockTuner"), ANY);
  }

  private final String label;

  Phase(String label) {
    this.label = label;
  }

  /** Its name in the table. */
  String label() {
    return label;
  }

  private static String walk(String type) {
    return LayerCompressor.class.getPackageName() + "." + type;
  }

  private void does(String type, String method) {
    METHODS.computeIfAbsent(type, _ -> new HashMap<>()).put(method, this);
  }

  /** The phase that a method belongs to by itself, whoever calls it. */
  static Optional<Phase> of(String type, String method) {
    Map<String, Phase> methods = METHODS.get(type);
    return methods == null
        ? Optional.empty()
        : Optional.ofNullable(methods.getOrDefault(method, methods.get(ANY)));
  }

  /**
   * The phase of a thread.
   *
   * @param stack its methods, the innermost first
   */
  static Optional<Phase> of(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      Optional<Phase> phase = of(frame.getClassName(), frame.getMethodName());
      if (phase.isPresent()) {
        return phase;
      }
    }
    return Optional.empty();
  }
}
