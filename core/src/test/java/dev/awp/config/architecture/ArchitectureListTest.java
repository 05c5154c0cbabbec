// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config.architecture;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.awp.AwpException;
import dev.awp.config.Architecture;
import dev.awp.gguf.model.GgufArchitecture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every architecture of the list has to say. */
class ArchitectureListTest {
  @Test
  void eachNameIsThatOfOne() {
    long names = Architectures.all().stream().map(Architecture::name).distinct().count();
    assertEquals(Architectures.all().size(), names);
    assertTrue(Architectures.named("GPT2LMHeadModel").isEmpty());
  }

  @ParameterizedTest
  @MethodSource("dev.awp.config.architecture.Architectures#all")
  void isFoundByItsName(Architecture architecture) {
    assertEquals(architecture, Architectures.named(architecture.name()).orElseThrow());
  }

  @ParameterizedTest
  @MethodSource("dev.awp.config.architecture.Architectures#all")
  void defaultsAreAnObject(Architecture architecture) throws JsonProcessingException {
    assertTrue(new ObjectMapper().readTree(architecture.defaults()).isObject());
  }

  @ParameterizedTest
  @MethodSource("dev.awp.config.architecture.Architectures#all")
  void graphOfLlamaCppIsKnown(Architecture architecture) {
    assertDoesNotThrow(() -> GgufArchitecture.of(architecture));
  }

  @Test
  void whatHasNoGraphIsRefusedByTheArchitecturesName() {
    Architecture other = Architecture.named("OtherForCausalLM").build();
    AwpException refusal = assertThrows(AwpException.class, () -> GgufArchitecture.of(other));
    assertTrue(refusal.getMessage().contains("OtherForCausalLM"), refusal.getMessage());
  }
}
