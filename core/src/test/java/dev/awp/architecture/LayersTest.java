// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The house's rules of construction, which docs/architecture.md explains. */
@Tag("architecture")
class LayersTest {
  /** Every package, from the bottom up: one may use those before it and none after it. */
  private static final List<String> ROOMS =
      List.of(
          "dev.awp",
          "dev.awp.tensor",
          "dev.awp.parallel",
          "dev.awp.kernel",
          "dev.awp.kernel.scalar",
          "dev.awp.kernel.vector",
          "dev.awp.blas",
          "dev.awp.blas.mixed",
          "dev.awp.compute",
          "dev.awp.linalg",
          "dev.awp.disk",
          "dev.awp.json",
          "dev.awp.stored",
          "dev.awp.safetensors",
          "dev.awp.constraint",
          "dev.awp.constraint.affine",
          "dev.awp.constraint.block",
          "dev.awp.constraint.codebook",
          "dev.awp.gguf",
          "dev.awp.gguf.decode",
          "dev.awp.gguf.codec",
          "dev.awp.gguf.codebook",
          "dev.awp.gguf.block",
          "dev.awp.gguf.file",
          "dev.awp.gguf.tensor",
          "dev.awp.rope",
          "dev.awp.config",
          "dev.awp.config.architecture",
          "dev.awp.config.json",
          "dev.awp.gguf.model",
          "dev.awp.gguf.mix",
          "dev.awp.jinja.value",
          "dev.awp.jinja.syntax",
          "dev.awp.jinja.function",
          "dev.awp.jinja.render",
          "dev.awp.text.chat",
          "dev.awp.tokenizer",
          "dev.awp.tokenizer.added",
          "dev.awp.tokenizer.huggingface",
          "dev.awp.tokenizer.sentencepiece",
          "dev.awp.gguf.tokenizer",
          "dev.awp.checkpoint",
          "dev.awp.checkpoint.safetensors",
          "dev.awp.checkpoint.gguf",
          "dev.awp.checkpoint.registry",
          "dev.awp.text",
          "dev.awp.text.file",
          "dev.awp.text.document",
          "dev.awp.text.reader",
          "dev.awp.text.drawing",
          "dev.awp.model",
          "dev.awp.model.attention",
          "dev.awp.model.recurrence",
          "dev.awp.model.sublayer",
          "dev.awp.model.forward",
          "dev.awp.model.gradient",
          "dev.awp.calibration",
          "dev.awp.calibration.saved",
          "dev.awp.calibration.imatrix",
          "dev.awp.solver",
          "dev.awp.solver.mask",
          "dev.awp.solver.precision",
          "dev.awp.solver.splitting",
          "dev.awp.solver.pgd",
          "dev.awp.solver.rounding",
          "dev.awp.solver.baseline",
          "dev.awp.solver.registry",
          "dev.awp.tuning",
          "dev.awp.structured",
          "dev.awp.structured.choice",
          "dev.awp.recipe",
          "dev.awp.format",
          "dev.awp.format.packed",
          "dev.awp.format.safetensors",
          "dev.awp.format.gptq",
          "dev.awp.format.compressedtensors",
          "dev.awp.format.awq",
          "dev.awp.format.gguf",
          "dev.awp.format.registry",
          "dev.awp.report",
          "dev.awp.report.page",
          "dev.awp.eval",
          "dev.awp.eval.question",
          "dev.awp.eval.choice",
          "dev.awp.generation",
          "dev.awp.convert",
          "dev.awp.inspect",
          "dev.awp.inspect.file",
          "dev.awp.inspect.values",
          "dev.awp.compress",
          "dev.awp.compress.plan",
          "dev.awp.compress.run",
          "dev.awp.compress.memory",
          "dev.awp.compress.measure",
          "dev.awp.compress.estimate",
          "dev.awp.compress.structured",
          "dev.awp.compress.walk",
          "dev.awp.calibrate",
          "dev.awp.compare",
          "dev.awp.verify",
          "dev.awp.demo",
          "dev.awp.api",
          "dev.awp.cli.print",
          "dev.awp.cli.value",
          "dev.awp.cli.option",
          "dev.awp.cli");

  private static final Path SOURCES = Path.of("src/main/java");
  private static final Path PAGE = Path.of("../docs/architecture.md");
  private static final Path PICTURE = Path.of("../docs/architecture.svg");

  /** The one package that is a roof over its rooms; any other knows nothing of those within it. */
  private static final String ROOF = "dev.awp.cli";

  private static final JavaClasses CLASSES = classes();

  private static JavaClasses classes() {
    // What a class depends on is known by its name: those of libraries need not be read.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .importPackages("dev.awp");
  }

  @Test
  void dependenciesRunDownwards() {
    for (int i = 0; i < ROOMS.size() - 1; i++) {
      String[] above = ROOMS.subList(i + 1, ROOMS.size()).toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(ROOMS.get(i))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(above)
          .check(CLASSES);
    }
  }

  @Test
  void aSeamNeverUsesItsKinds() {
    for (String seam : ROOMS) {
      if (!seam.equals(ROOF) && ROOMS.stream().anyMatch(room -> room.startsWith(seam + "."))) {
        noClasses()
            .that()
            .resideInAPackage(seam)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(seam + ".(*)..")
            .check(CLASSES);
      }
    }
  }

  @Test
  void packagesFormNoCircles() {
    slices().matching("dev.awp.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /** A room that is missing here stands on no floor; one that is here alone is a stale line. */
  @Test
  void everyPackageHasItsPlace() {
    TreeSet<String> found =
        CLASSES.stream()
            .map(JavaClass::getPackage)
            .map(JavaPackage::getName)
            .filter(name -> !name.startsWith("dev.awp.ffm"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(new TreeSet<>(ROOMS), found);
  }

  @Test
  void everyPackageSaysWhatItIsFor() {
    List<String> silent =
        ROOMS.stream()
            .filter(
                room ->
                    !Files.exists(SOURCES.resolve(room.replace('.', '/') + "/package-info.java")))
            .toList();
    assertEquals(List.of(), silent);
  }

  @Test
  void theArchitecturesPageListsTheRoomsInTheirOrder() throws IOException {
    Pattern row = Pattern.compile("^[|] `([a-z.]+)` [|]", Pattern.MULTILINE);
    List<String> listed =
        row.matcher(Files.readString(PAGE))
            .results()
            .map(match -> match.group(1))
            .map(room -> room.startsWith("dev.awp") ? room : "dev.awp." + room)
            .toList();
    assertEquals(ROOMS, listed);
  }

  @Test
  void theArchitecturesPictureShowsWhatTheRoomsUse() throws IOException {
    String picture = HousePicture.svg(PAGE, CLASSES);
    if (Boolean.getBoolean("awp.picture")) {
      Files.writeString(PICTURE, picture);
    }
    assertEquals(picture, Files.readString(PICTURE), "scripts/architecture-picture makes it anew");
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
