#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle_relative : require

// product_vector.comp with the last sums of the tree within subgroups: the same bits with fewer barriers.
#define SUBGROUPS
#include "product_vector.glsl"
