/** Node objects as large as those of a cloud's kubelets. @module */

const regions = "eu-central-1";

/** What the tests of large clusters read of a Node object. */
export interface NodeObject {
  readonly apiVersion: "v1";
  readonly kind: "Node";
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: unknown;
  readonly status: unknown;
}

/** Address of the node with that number: all differ, and none follows from the one before. */
export function addressOfNode(index: number): string {
  const place = Math.imul(index, 0x9e3779b1) & 0x3fffff;
  return `10.${64 + (place >> 16)}.${(place >> 8) & 255}.${place & 255}`;
}

/** Name of the node with that number: as long as a cloud makes them. */
export function nameOfNode(index: number): string {
  return `ip-${addressOfNode(index).replaceAll(".", "-")}.${regions}.compute.internal`;
}

/** Zone of the node with that number. */
export function zoneOfNode(index: number): string {
  return `${regions}${"abc"[index % 3]}`;
}

/**
 * A Node as a kubelet registers it (with its status: the API server takes both at once). The 50 images
 * that a kubelet reports at most (--node-status-max-images) are three quarters of its bytes.
 */
export function nodeObject(index: number): NodeObject {
  const name = nameOfNode(index);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: labels(index), annotations: annotations(index) },
    spec: { podCIDR: `10.${index >> 8 & 127}.${index & 255}.0/24`, providerID: providerOf(index) },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: conditions(new Date()),
      addresses: addresses(index, addressOfNode(index)),
      nodeInfo,
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      images: Array.from({ length: 50 }, (_, image) => imageOf(index, image)),
    },
  };
}

/** The addresses of a node whose InternalIP is the given one. */
export function addresses(index: number, address: string): readonly unknown[] {
  const name = nameOfNode(index);
  return [
    { type: "InternalIP", address },
    { type: "InternalDNS", address: name },
    { type: "Hostname", address: name },
  ];
}

/** What a kubelet reports every 10 s where leases are off, and otherwise every 5 minutes. */
export function conditions(now: Date): readonly unknown[] {
  const lastHeartbeatTime = `${now.toISOString().slice(0, 19)}Z`;
  const healthy = [
    ["MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    ["DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ["PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  ].map(([type, reason, message]) => ({ type, status: "False", reason, message }));
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", message: "ready" };
  return [...healthy, ready].map((condition) => ({
    ...condition,
    lastHeartbeatTime,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  }));
}

function labels(index: number): Record<string, string> {
  const zone = zoneOfNode(index);
  return {
    "beta.kubernetes.io/arch": "amd64",
    "beta.kubernetes.io/instance-type": "m6i.2xlarge",
    "beta.kubernetes.io/os": "linux",
    "eks.amazonaws.com/capacityType": "ON_DEMAND",
    "eks.amazonaws.com/nodegroup": `workers-${zone}`,
    "eks.amazonaws.com/nodegroup-image": "ami-0123456789abcdef0",
    "failure-domain.beta.kubernetes.io/region": regions,
    "failure-domain.beta.kubernetes.io/zone": zone,
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": nameOfNode(index),
    "kubernetes.io/os": "linux",
    "node.kubernetes.io/instance-type": "m6i.2xlarge",
    "topology.ebs.csi.aws.com/zone": zone,
    "topology.kubernetes.io/region": regions,
    "topology.kubernetes.io/zone": zone,
  };
}

function annotations(index: number): Record<string, string> {
  return {
    "alpha.kubernetes.io/provided-node-ip": addressOfNode(index),
    "csi.volume.kubernetes.io/nodeid": JSON.stringify({ "ebs.csi.aws.com": providerOf(index) }),
    "node.alpha.kubernetes.io/ttl": "300",
    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
  };
}

function providerOf(index: number): string {
  return `aws:///${zoneOfNode(index)}/i-${(index * 2654435761).toString(16).padStart(17, "0")}`;
}

function imageOf(node: number, image: number): unknown {
  const repository = `123456789012.dkr.ecr.${regions}.amazonaws.com/platform/service-${image}`;
  const digest = (node % 7 * 1000 + image).toString(16).padStart(4, "0").repeat(16);
  return {
    names: [`${repository}@sha256:${digest}`, `${repository}:v1.${image}.${node % 7}`],
    sizeBytes: 100_000_000 + 1_234_567 * image,
  };
}

const resources = {
  "cpu": "8",
  "ephemeral-storage": "83873772Ki",
  "hugepages-1Gi": "0",
  "hugepages-2Mi": "0",
  "memory": "32408108Ki",
  "pods": "58",
};

const nodeInfo = {
  architecture: "amd64",
  bootID: "7d2f0f2c-1111-4222-8333-444455556666",
  containerRuntimeVersion: "containerd://1.7.27",
  kernelVersion: "6.1.141-155.222.amzn2023.x86_64",
  kubeProxyVersion: "",
  kubeletVersion: "v1.33.1",
  machineID: "ec2f0f2c111142228333444455556666",
  operatingSystem: "linux",
  osImage: "Amazon Linux 2023.7.20250609",
  systemUUID: "ec2f0f2c-1111-4222-8333-444455556666",
};
