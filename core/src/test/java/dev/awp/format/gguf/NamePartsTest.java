// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.format.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NamePartsTest {
  /** What llama.cpp's gguf package makes of these names. */
  @ParameterizedTest
  @CsvSource({
    "SmolLM2-135M-Instruct, 134515008, BASENAME SmolLM2|SIZE 135M|FINETUNE Instruct",
    "Qwen2.5-Coder-0.5B-Instruct, 494032768,"
        + " BASENAME Qwen2.5-Coder|SIZE 0.5B|FINETUNE Instruct",
    "gemma-3-270m-it, 268098176, BASENAME gemma-3|SIZE 270M|FINETUNE it",
    "Mistral-7B-Instruct-v0.2, 7241732096,"
        + " BASENAME Mistral|SIZE 7B|FINETUNE Instruct|VERSION v0.2",
    "Mixtral-8x7B-v0.1, 46702792704, BASENAME Mixtral|SIZE 8x7B|VERSION v0.1",
    "Phi-3-mini-4k-instruct, 3821079552, BASENAME Phi-3|SIZE mini|FINETUNE 4k-instruct",
    "bloom-7b1, 7069016064, BASENAME bloom|SIZE 7.1B",
    "Llama-3, 8030261248, BASENAME Llama|VERSION 3",
    "stories260K, 260032, ''",
    "a name of words, 1000000, ''"
  })
  void partsAreThoseOfLlamaCppsPackage(String name, long parameters, String wanted) {
    NameParts parts = new NameParts(name, parameters);
    String found =
        Arrays.stream(NameParts.Kind.values())
            .filter(kind -> parts.get(kind).isPresent())
            .map(kind -> kind + " " + parts.get(kind).get())
            .collect(Collectors.joining("|"));
    assertEquals(wanted, found);
  }

  @Test
  void sizesHaveTwoDigits() {
    assertEquals("135M", NameParts.label(134_515_008));
    assertEquals("7.2B", NameParts.label(7_241_732_096L));
    assertEquals("260K", NameParts.label(260_032));
    assertEquals("1.5M", NameParts.label(1_536_000));
    assertEquals("0.50K", NameParts.label(500));
  }
}
