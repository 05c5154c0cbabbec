// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0

/**
 * awp: compresses transformer checkpoints on ordinary CPUs. {@link dev.awp.api.Awp} is where to
 * begin.
 */
module dev.awp.core {
  requires static jdk.incubator.vector;
  requires ai.djl.tokenizers;
  requires com.fasterxml.jackson.databind;
  requires com.github.luben.zstd_jni;
  requires de.siegmar.fastcsv;
  requires dev.hardwood.core;
  requires info.picocli;
  requires jdk.management;
  requires me.tongfei.progressbar;
  requires org.jline.terminal;
  requires org.slf4j;
  requires org.snakeyaml.engine;

  // What programs call.
  exports dev.awp;
  exports dev.awp.api;
  exports dev.awp.compress;
  exports dev.awp.compute;
  exports dev.awp.constraint;
  exports dev.awp.constraint.affine;
  exports dev.awp.constraint.block;
  exports dev.awp.constraint.codebook;
  exports dev.awp.eval;
  exports dev.awp.format;
  exports dev.awp.format.registry;
  exports dev.awp.gguf.block;
  exports dev.awp.gguf.mix;
  exports dev.awp.parallel;
  exports dev.awp.recipe;
  exports dev.awp.report;
  exports dev.awp.solver;
  exports dev.awp.solver.registry;
  exports dev.awp.tensor;

  // What awp's other modules build on.
  exports dev.awp.blas to
      dev.awp.ffm,
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.blas.mixed to
      dev.awp.ffm,
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.calibration to
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.calibration.saved to
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.cli to
      dev.awp.batch;
  exports dev.awp.cli.print to
      dev.awp.batch;
  exports dev.awp.cli.value to
      dev.awp.batch;
  exports dev.awp.compress.run to
      dev.awp.batch;
  exports dev.awp.compress.memory to
      dev.awp.batch;
  exports dev.awp.report.page to
      dev.awp.batch;
  exports dev.awp.disk to
      dev.awp.ffm,
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.kernel to
      dev.awp.ffm,
      dev.awp.bench,
      dev.awp.batch;
  exports dev.awp.model to
      dev.awp.bench,
      dev.awp.batch;

  // Records that become JSON, and fields that hold options.
  opens dev.awp.calibration.saved to
      com.fasterxml.jackson.databind;
  opens dev.awp.compress.run to
      com.fasterxml.jackson.databind;
  opens dev.awp.disk to
      com.fasterxml.jackson.databind;
  opens dev.awp.inspect to
      com.fasterxml.jackson.databind;
  opens dev.awp.inspect.values to
      com.fasterxml.jackson.databind;
  opens dev.awp.cli to
      info.picocli;
  opens dev.awp.cli.option to
      info.picocli;
  opens dev.awp.cli.value to
      info.picocli;

  uses dev.awp.blas.BlasProvider;
  uses dev.awp.blas.mixed.Bf16Provider;
  uses dev.awp.cli.ModuleCommand;
}
