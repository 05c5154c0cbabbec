// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.batch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.awp.cli.Main;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who knows of whom: nobody of this module, and of Spark nobody else. */
@Tag("architecture")
class DirectionTest {
  @Test
  void noOtherModuleKnowsOfBatchesOrOfSpark() {
    // What a class depends on is known by its name: Spark's classes need not be read.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    noClasses()
        .that()
        .resideInAPackage("dev.awp..")
        .and()
        .resideOutsideOfPackage("dev.awp.batch..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.awp.batch..", "org.apache.spark..", "scala..")
        .check(
            new ClassFileImporter()
                .importUrl(Main.class.getProtectionDomain().getCodeSource().getLocation()));
  }
}
