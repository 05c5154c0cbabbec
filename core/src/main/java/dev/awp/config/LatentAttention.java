// Copyright the awp authors
// SPDX-License-Identifier: Apache-2.0
package dev.awp.config;

import java.util.OptionalInt;

/**
 * Keys and values, and queries too, by way of a vector with fewer entries (DeepSeek-V2, 2024): each
 * head of queries and keys has columns that are not rotated, and behind them those that are, which
 * all heads of keys share.
 *
 * @param queryRank entries of the vector that queries are made of; where there is none they are
 *     made of the step's input
 * @param keyValueRank entries of the vector that keys and values are made of
 * @param plainDimension columns of a head of queries or keys that are not rotated
 * @param valueDimension columns of a head of values
 */
public record LatentAttention(
    OptionalInt queryRank, int keyValueRank, int plainDimension, int valueDimension) {}
