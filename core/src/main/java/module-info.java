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
  requires info.picocli;
  requires jdk.management;
  requires me.tongfei.progressbar;
  requires org.slf4j;
  requires org.snakeyaml.engine;

  exports dev.awp;
  exports dev.awp.api;
  exports dev.awp.blas;
  exports dev.awp.blas.mixed;
  exports dev.awp.compress;
  exports dev.awp.compute;
  exports dev.awp.constraint;
  exports dev.awp.eval;
  exports dev.awp.format;
  exports dev.awp.disk;
  exports dev.awp.kernel;
  exports dev.awp.linalg;
  exports dev.awp.parallel;
  exports dev.awp.recipe;
  exports dev.awp.report;
  exports dev.awp.solver;
  exports dev.awp.tensor;

  // Records that become JSON, and fields that hold options.
  opens dev.awp.compress to
      com.fasterxml.jackson.databind;
  opens dev.awp.disk to
      com.fasterxml.jackson.databind;
  opens dev.awp.inspect to
      com.fasterxml.jackson.databind;
  opens dev.awp.cli to
      info.picocli;

  uses dev.awp.blas.mixed.Bf16Provider;
  uses dev.awp.blas.BlasProvider;
}
