// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The house's one rule of construction: dependencies run downwards only. */
@Tag("architecture")
class LayersTest {
  /** From the bottom floor to the top; a package may use those before it and none after it. */
  private static final List<String> FLOORS =
      List.of(
          "tensor",
          "parallel",
          "kernel",
          "blas",
          "compute",
          "linalg",
          "disk",
          "stored",
          "safetensors",
          "constraint",
          "config",
          "checkpoint",
          "tokenizer",
          "gguf",
          "text",
          "model",
          "calibration",
          "solver",
          "recipe",
          "format",
          "inspect",
          "generation",
          "report",
          "eval",
          "compress",
          "compare",
          "verify",
          "demo",
          "api",
          "cli");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.awp");

  @Test
  void dependenciesRunDownwards() {
    for (int floor = 0; floor < FLOORS.size(); floor++) {
      String[] above =
          FLOORS.subList(floor + 1, FLOORS.size()).stream()
              .map(name -> "dev.awp." + name + "..")
              .toArray(String[]::new);
      if (above.length > 0) {
        noClasses()
            .that()
            .resideInAPackage("dev.awp." + FLOORS.get(floor) + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(above)
            .allowEmptyShould(true)
            .check(CLASSES);
      }
    }
  }

  @Test
  void everyPackageHasAFloor() {
    List<String> homeless =
        CLASSES.stream()
            .map(type -> type.getPackageName().split("\\."))
            .filter(parts -> parts.length > 2 && !FLOORS.contains(parts[2]))
            .map(parts -> String.join(".", parts))
            .distinct()
            .toList();
    assertTrue(homeless.isEmpty(), "packages without a floor: " + homeless);
  }

  @Test
  void onlyVectorKernelsLinkTheIncubatorModule() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.awp.kernel.vector..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .check(CLASSES);
  }
}
