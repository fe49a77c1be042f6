#version 460
#extension GL_GOOGLE_include_directive : require

#include "product_vector.glsl"
