// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.compress.structured;

import dev.awp.checkpoint.Checkpoint;
import dev.awp.model.LinearLayer;
import dev.awp.model.MixtureStep;
import dev.awp.stored.CutTensor;
import dev.awp.stored.StoredTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The experts of a mixture as units: with each go its layers, and its row of the router. Those that
 * stay move together, in their order.
 */
record ExpertCut(MixtureStep step) implements Cut {
  @Override
  public int count() {
    return step.config().count();
  }

  @Override
  public List<CutTensor> tensors(Checkpoint original, UnaryOperator<String> name, int... kept) {
    List<CutTensor> tensors = new ArrayList<>();
    for (String of : step.routerTensors()) {
      StoredTensor tensor = original.tensor(of);
      boolean vector = tensor.shape().size() == 1;
      int[] all = all(CutTensor.columns(tensor));
      tensors.add(
          vector
              ? new CutTensor(name.apply(of), tensor, new int[] {0}, kept)
              : new CutTensor(name.apply(of), tensor, kept, all));
    }
    Map<Integer, List<LinearLayer>> linears =
        step.linears().stream()
            .filter(linear -> linear.site().ofExpert())
            .collect(Collectors.groupingBy(linear -> linear.site().expert()));
    for (int i = 0; i < kept.length; i++) {
      List<LinearLayer> places = linears.get(i);
      List<LinearLayer> sources = linears.get(kept[i]);
      for (int part = 0; part < places.size(); part++) {
        LinearLayer place = places.get(part);
        LinearLayer source = sources.get(part);
        tensors.add(whole(name.apply(place.weight()), original.tensor(source.weight())));
        if (step.hasBias(source)) {
          tensors.add(whole(name.apply(place.bias()), original.tensor(source.bias())));
        }
      }
    }
    return tensors;
  }

  private static CutTensor whole(String name, StoredTensor tensor) {
    return new CutTensor(name, tensor, all(CutTensor.rows(tensor)), all(CutTensor.columns(tensor)));
  }

  private static int[] all(int count) {
    return IntStream.range(0, count).toArray();
  }
}
