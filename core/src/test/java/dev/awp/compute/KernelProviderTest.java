// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.awp.fixture.ForkedJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The choice of kernels and BLAS, each in a JVM of its own. */
class KernelProviderTest {
  /** What a forked JVM prints. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      for (int i = 0; i < 2; i++) {
        try {
          System.out.println(
              KernelProvider.kernels().name() + " / " + KernelProvider.blas().name());
        } catch (dev.awp.AwpException e) {
          System.out.println("refused: " + e.getMessage());
        }
      }
    }
  }

  private static ForkedJvm.Result probe(String... flags) throws Exception {
    return ForkedJvm.run(List.of(flags), Probe.class);
  }

  private static final String MODULE = "--add-modules=jdk.incubator.vector";

  @Test
  void vectorIsTheDefaultWhereTheModuleIs() throws Exception {
    ForkedJvm.Result result = probe(MODULE, "-XX:MaxVectorSize=16", "-Dawp.blas=java");
    assertEquals("vector-128 / java (vector-128)", result.lines().getFirst());
    assertTrue(!result.errors().contains("WARN: "), result.errors());
  }

  /**
   * The JVM warns of an incubator module that it starts with: every command would begin with that.
   */
  @Test
  void theModuleIsTakenInLateWithoutAWordAndItsVectorsAreInstructions() throws Exception {
    ForkedJvm.Result result =
        probe(
            ForkedJvm.ALL_COMPILERS,
            VectorModule.LATE_FLAG.replace("s java", "s=java"),
            "-XX:MaxVectorSize=16",
            "-Xlog:compilation=info",
            "-Dawp.blas=java");
    assertEquals("vector-128 / java (vector-128)", result.lines().getLast());
    assertTrue(
        result.lines().stream().anyMatch(line -> line.contains("EnableVectorSupport=true")),
        result.toString());
    assertTrue(!result.errors().contains("WARN"), result.errors());
  }

  @Test
  void theScriptStartsWithoutTheWarning() throws Exception {
    String script = Files.readString(Path.of("../scripts/awp"));
    assertTrue(script.contains("\"${jvm_flags[@]}\" " + VectorModule.LATE_FLAG), script);
    String flags = Files.readString(Path.of("../scripts/find-jdk.sh"));
    assertTrue(!flags.contains("--add-modules"), flags);
  }

  @Test
  void fallingBackIsToldOnceAndNamesTheFlag() throws Exception {
    ForkedJvm.Result result = probe("-Dawp.blas=java");
    assertEquals("scalar / java (scalar)", result.lines().getFirst());
    assertEquals(2, result.errors().split("--add-modules jdk.incubator.vector", -1).length);
  }

  @Test
  void choicesAreObeyed() throws Exception {
    assertEquals(
        "scalar / java (scalar)",
        probe(MODULE, "-Dawp.kernels=scalar", "-Dawp.blas=java").lines().getFirst());
  }

  @Test
  void whatCannotBeHadFailsLoudly() throws Exception {
    String vector = probe("-Dawp.kernels=vector", "-Dawp.blas=java").lines().getLast();
    assertEquals(
        "refused: -Dawp.kernels=vector: the Vector API is not in this JVM, start it with"
            + " --add-modules jdk.incubator.vector",
        vector);
    assertEquals(
        "refused: -Dawp.kernels=simd: the choices are scalar and vector",
        probe(MODULE, "-Dawp.kernels=simd").lines().getFirst());
    String blas = probe(MODULE, "-Dawp.blas=mkl").lines().getFirst();
    assertTrue(blas.startsWith("refused: -Dawp.blas=mkl cannot be had: "), blas);
  }
}
