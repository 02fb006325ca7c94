/** The requests of W&B's clients for `ann/birds`. */
import { md5Of } from "../registry/publish.ts"
import { artifactInput, commitQuery, createArtifactQuery, createFilesQuery, createManifestQuery } from "./site.ts"

/** Name, text and variables of each. Who has no right to one gets nothing of ann's, and changes nothing. */
export function requests(id: string, collectionId: string, projectId: string): readonly (readonly [string, string, object?])[] {
  const place = 'entityName: "ann", projectName: "birds"'
  const input = artifactInput({ x: "x" })
  const alias = `[{ ${place}, artifactCollectionName: "field", alias: "stolen" }]`
  return [
    ["project", '{ project(name: "birds", entityName: "ann") { id description artifactTypes { edges { node { name } } } } }'],
    ["member", '{ project(name: "birds", entityName: "ann") { artifactCollectionMembership(name: "field:v0") { id } } }'],
    ["entity", '{ entity(name: "ann") { id project(name: "birds") { id } } }'],
    ["organization", '{ organization(name: "ann") { orgEntity { projects { edges { node { name } } } } } }'],
    ["models", '{ models(entityName: "ann") { edges { node { name } } } }'],
    ["artifact", "query ($id: ID!) { artifact(id: $id) { digest metadata files { edges { node { directUrl } } } } }", { id }],
    ["manifest", "query ($id: ID!) { artifact(id: $id) { currentManifest { file { directUrl } } } }", { id }],
    [
      "collection",
      "query ($id: ID!) { artifactCollection(id: $id) { description aliases { edges { node { alias } } } } }",
      { id: collectionId },
    ],
    ["create", createArtifactQuery, { input }],
    ["incremental on a stranger's", createArtifactQuery, { input: { ...input, distributedID: "d" } }],
    ["files", createFilesQuery, { input: { artifactFiles: [{ artifactID: id, name: "a", md5: md5Of("a new file") }] } }],
    [
      "manifest slot",
      createManifestQuery,
      { up: true, input: { artifactID: id, name: "m", digest: md5Of("m"), ...{ entityName: "ben", projectName: "p" } } },
    ],
    ["commit", commitQuery, { id }],
    ["use", `mutation ($id: ID!) { useArtifact(input: { artifactID: $id, ${place}, runName: "r" }) { success } }`, { id }],
    ["update", 'mutation ($id: ID!) { updateArtifact(input: { artifactID: $id, description: "mine" }) { success } }', { id }],
    ["delete", "mutation ($id: ID!) { deleteArtifact(input: { artifactID: $id, deleteAliases: true }) { success } }", { id }],
    ["alias", `mutation ($id: ID!) { addAliases(input: { artifactID: $id, aliases: ${alias} }) { success } }`, { id }],
    ["unalias", `mutation ($id: ID!) { deleteAliases(input: { artifactID: $id, aliases: ${alias} }) { success } }`, { id }],
    [
      "link",
      'mutation ($id: ID!) { linkArtifact(input: { artifactID: $id, artifactPortfolioName: "p", entityName: "ben", projectName: "p" }) { versionIndex } }',
      { id },
    ],
    [
      "rename",
      'mutation ($id: ID!) { updateArtifactSequence(input: { artifactSequenceID: $id, name: "mine" }) { artifactCollection { id } } }',
      { id: collectionId },
    ],
    [
      "move",
      'mutation ($id: ID!) { moveArtifactSequence(input: { artifactSequenceID: $id, destinationArtifactTypeName: "mine" }) { artifactCollection { id } } }',
      { id: collectionId },
    ],
    [
      "drop",
      "mutation ($id: ID!) { deleteArtifactSequence(input: { artifactSequenceID: $id }) { artifactCollection { id } } }",
      { id: collectionId },
    ],
    [
      "tag",
      `mutation { createArtifactCollectionTagAssignments(input: { ${place}, artifactCollectionName: "field", tags: [{ tagName: "mine" }] }) { tags { name } } }`,
    ],
    [
      "untag",
      `mutation { deleteArtifactCollectionTagAssignments(input: { ${place}, artifactCollectionName: "field", tags: [{ tagName: "t" }] }) { success } }`,
    ],
    ["run", 'mutation { upsertBucket(input: { entityName: "ann", modelName: "birds", name: "r" }) { bucket { id } } }'],
    ["run files", `mutation { createRunFiles(input: { ${place}, runName: "r", files: ["a"] }) { files { uploadUrl } } }`],
    ["new project", 'mutation { upsertModel(input: { entityName: "ann", name: "mine" }) { inserted } }'],
    [
      "rename project",
      'mutation { renameProject(input: { entityName: "ann", oldProjectName: "birds", newProjectName: "mine" }) { inserted } }',
    ],
    ["drop project", "mutation ($id: String!) { deleteModel(input: { id: $id }) { success } }", { id: projectId }],
  ]
}
