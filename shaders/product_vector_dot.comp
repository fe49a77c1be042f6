#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle_relative : require
#extension GL_EXT_integer_dot_product : require

// product_vector.comp for quantized weights and activations that quantize.comp made bytes of: sixteen elements are multiplied and added
// as integers, exactly, and scaled once.
#define SUBGROUPS
#define INTEGERS
#include "product_vector.glsl"
